#include "nn/gpt2_decoder.hpp"

#include <cmath>

namespace fovea::nn {
namespace {

constexpr TextDecoderKeys kKeys{.max_positions = "n_positions",
                                .width = "n_embd",
                                .heads = "n_head",
                                .layers = "n_layer",
                                .hidden = "n_inner",
                                .epsilon = "layer_norm_epsilon",
                                .activation = "activation_function"};

constexpr std::int64_t kPerceptronRatio = 4;  // where n_inner is left out

}  // namespace

Gpt2DecoderOptions read_gpt2_decoder_config(const ForeignConfig& config, std::int64_t image_width) {
  config.require("add_cross_attention", true);
  Gpt2DecoderOptions options{
      .text = read_text_decoder(
          config, {.vocabulary = 50257, .max_positions = 1024, .image_width = image_width, .epsilon = 1e-5}, "gelu_new",
          kKeys),
      .scales_by_width = config.flag("scale_attn_weights", true),
      .scales_by_layer = config.flag("scale_attn_by_inverse_layer_idx", false)};
  auto& text = options.text;
  if (!config.has(kKeys.hidden)) text.hidden = kPerceptronRatio * text.width;
  text.projects_image = image_width != text.width && !config.has("cross_attention_hidden_size");
  return options;
}

NameMap gpt2_decoder_names(const Gpt2DecoderOptions& options, const TensorMap& tensors, const std::string& prefix) {
  const auto gpt = prefix + "transformer.", layer = gpt + "h.*.";
  const auto tied =
      find_tied({.words = gpt + "wte.weight", .output = prefix + "lm_head.weight"}, options.text.tied, tensors);
  const auto linear = [&](const char* ours, const char* foreign, std::int64_t part = 0, std::int64_t parts = 1) {
    return NameRule{.ours = ours, .foreign = layer + foreign, .part = part, .parts = parts, .transposed = true};
  };
  return {.rules = {{.ours = "image_projection.", .foreign = "enc_to_dec_proj."},
                    {.ours = "words.weight", .foreign = tied.words},
                    {.ours = "positions.", .foreign = gpt + "wpe."},
                    {.ours = "blocks.*.words_norm.", .foreign = layer + "ln_1."},
                    linear("blocks.*.words.query_key_value.", "attn.c_attn."),
                    linear("blocks.*.words.output.", "attn.c_proj."),
                    {.ours = "blocks.*.image_norm.", .foreign = layer + "ln_cross_attn."},
                    linear("blocks.*.image.query.", "crossattention.q_attn."),
                    linear("blocks.*.image.key.", "crossattention.c_attn.", 0, 2),
                    linear("blocks.*.image.value.", "crossattention.c_attn.", 1, 2),
                    linear("blocks.*.image.output.", "crossattention.c_proj."),
                    {.ours = "blocks.*.perceptron_norm.", .foreign = layer + "ln_2."},
                    linear("blocks.*.expand.", "mlp.c_fc."),
                    linear("blocks.*.project.", "mlp.c_proj."),
                    {.ours = "norm.", .foreign = gpt + "ln_f."},
                    {.ours = "vocabulary.weight", .foreign = tied.output}},
          // Masks in old files, and the other name of tied weights.
          .ignored = {layer + "attn.bias", layer + "attn.masked_bias", layer + "crossattention.bias",
                      layer + "crossattention.masked_bias", prefix + "lm_head."}};
}

Gpt2DecoderImpl::Gpt2DecoderImpl(const Gpt2DecoderOptions& options) : CrossDecoder(options.text, NormPlace::before) {
  const auto& text = options.text;
  words_ = register_module("words", EmbeddingLayer(text.vocabulary, text.width));
  positions_ = register_module("positions", EmbeddingLayer(text.max_positions, text.width));
  const double by_width = options.scales_by_width ? std::sqrt(static_cast<double>(text.width / text.heads)) : 1;
  for (std::int64_t i = 0; i < text.layers; ++i) {
    add_block(options.scales_by_layer ? 1 / (by_width * static_cast<double>(i + 1)) : 1 / by_width);
  }
  norm_ = register_module("norm", NormLayer(text.width, text.epsilon));
  vocabulary_ = register_module("vocabulary", LinearLayer(text.width, text.vocabulary, /*bias=*/false));
}

at::Tensor Gpt2DecoderImpl::embed(const at::Tensor& tokens, std::int64_t first) {
  return words_(tokens) + positions_->weight().narrow(0, first, tokens.size(-1));
}

at::Tensor Gpt2DecoderImpl::predict(const at::Tensor& x) { return vocabulary_(norm_(x)); }

}  // namespace fovea::nn
