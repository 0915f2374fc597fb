#include "nn/bert_decoder.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kMaxTypes = 1 << 16;

}  // namespace

BertDecoderOptions read_blip_text_config(const ForeignConfig& config, std::int64_t image_width) {
  config.require("is_decoder", true);
  return {.text = read_text_decoder(config, {.vocabulary = 30524, .heads = 8, .image_width = image_width}, "gelu")};
}

BertDecoderOptions read_bert_decoder_config(const ForeignConfig& config, std::int64_t image_width) {
  config.require("is_decoder", true);
  config.require("add_cross_attention", true);
  config.require("position_embedding_type", "absolute");
  BertDecoderOptions options{.text = read_text_decoder(config, {.image_width = image_width}, "gelu"),
                             .token_types = config.integer("type_vocab_size", 2, 1, kMaxTypes)};
  options.text.projects_image = image_width != options.text.width && !config.has("cross_attention_hidden_size");
  return options;
}

NameMap bert_decoder_names(const BertDecoderOptions& options, const TensorMap& tensors, const std::string& prefix) {
  const auto bert = prefix + "bert.", head = prefix + "cls.predictions.", layer = bert + "encoder.layer.*.";
  const auto tied = find_tied({.words = bert + "embeddings.word_embeddings.weight", .output = head + "decoder.weight"},
                              options.text.tied, tensors);
  const bool has_bias_of_its_own = tensors.contains(head + "decoder.bias");
  return {.rules = {{.ours = "image_projection.", .foreign = "enc_to_dec_proj."},
                    {.ours = "words.weight", .foreign = tied.words},
                    {.ours = "positions.", .foreign = bert + "embeddings.position_embeddings."},
                    {.ours = "token_types.", .foreign = bert + "embeddings.token_type_embeddings."},
                    {.ours = "embedding_norm.", .foreign = bert + "embeddings.LayerNorm."},
                    {.ours = "blocks.*.words.query_key_value.",
                     .foreign = layer + "attention.self.query.",
                     .joined = {layer + "attention.self.key.", layer + "attention.self.value."}},
                    {.ours = "blocks.*.words.output.", .foreign = layer + "attention.output.dense."},
                    {.ours = "blocks.*.words_norm.", .foreign = layer + "attention.output.LayerNorm."},
                    {.ours = "blocks.*.image.output.", .foreign = layer + "crossattention.output.dense."},
                    {.ours = "blocks.*.image.", .foreign = layer + "crossattention.self."},
                    {.ours = "blocks.*.image_norm.", .foreign = layer + "crossattention.output.LayerNorm."},
                    {.ours = "blocks.*.expand.", .foreign = layer + "intermediate.dense."},
                    {.ours = "blocks.*.project.", .foreign = layer + "output.dense."},
                    {.ours = "blocks.*.perceptron_norm.", .foreign = layer + "output.LayerNorm."},
                    {.ours = "transform.", .foreign = head + "transform.dense."},
                    {.ours = "transform_norm.", .foreign = head + "transform.LayerNorm."},
                    {.ours = "vocabulary.weight", .foreign = tied.output},
                    {.ours = "vocabulary.bias", .foreign = head + (has_bias_of_its_own ? "decoder.bias" : "bias")}},
          // Tables of constants in old files, and the other name of tied weights.
          .ignored = {bert + "embeddings.position_ids", bert + "embeddings.token_type_ids", head + "bias",
                      head + "decoder."}};
}

BertDecoderImpl::BertDecoderImpl(const BertDecoderOptions& options) : CrossDecoder(options.text, NormPlace::behind) {
  const auto& text = options.text;
  words_ = register_module("words", EmbeddingLayer(text.vocabulary, text.width));
  positions_ = register_module("positions", EmbeddingLayer(text.max_positions, text.width));
  if (options.token_types > 0) {
    token_types_ = register_module("token_types", EmbeddingLayer(options.token_types, text.width));
  }
  embedding_norm_ = register_module("embedding_norm", NormLayer(text.width, text.epsilon));
  for (std::int64_t i = 0; i < text.layers; ++i) add_block();
  transform_ = register_module("transform", LinearLayer(text.width, text.width));
  transform_norm_ = register_module("transform_norm", NormLayer(text.width, text.epsilon));
  vocabulary_ = register_module("vocabulary", LinearLayer(text.width, text.vocabulary));
}

at::Tensor BertDecoderImpl::embed(const at::Tensor& tokens, std::int64_t first) {
  auto x = words_(tokens);
  if (!token_types_.is_empty()) x = x + token_types_->weight()[0];
  return embedding_norm_(x + positions_->weight().narrow(0, first, tokens.size(-1)));
}

at::Tensor BertDecoderImpl::predict(const at::Tensor& x) {
  return vocabulary_(transform_norm_(transform_->activated(x, options().activation)));
}

}  // namespace fovea::nn
