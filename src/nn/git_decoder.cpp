#include "nn/git_decoder.hpp"

#include <string>

#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>

#include "nn/cached_state.hpp"

namespace fovea::nn {

GitDecoderOptions read_git_config(const ForeignConfig& config, std::int64_t image_width) {
  if (config.has("num_image_with_embedding")) {
    config.require("num_image_with_embedding", nullptr);  // a model of videos
  }
  return {.text = read_text_decoder(
              config, {.max_positions = 1024, .layers = 6, .image_width = image_width, .tied = false}, "gelu"),
          .image_epsilon = config.child("vision_config").number("layer_norm_eps", 1e-5, 0, 1)};
}

NameMap git_decoder_names(const GitDecoderOptions& options, const TensorMap& tensors) {
  const std::string embeddings = "git.embeddings.", layer = "git.encoder.layer.*.";
  const std::string projection = "git.visual_projection.visual_projection.";
  const auto tied = find_tied({.words = embeddings + "word_embeddings.weight", .output = "output.weight"},
                              options.text.tied, tensors);
  return {.rules = {{.ours = "image_projection.", .foreign = projection + "0."},
                    {.ours = "image_norm.", .foreign = projection + "1."},
                    {.ours = "words.weight", .foreign = tied.words},
                    {.ours = "positions.", .foreign = embeddings + "position_embeddings."},
                    {.ours = "embedding_norm.", .foreign = embeddings + "LayerNorm."},
                    {.ours = "blocks.*.words.query_key_value.",
                     .foreign = layer + "attention.self.query.",
                     .joined = {layer + "attention.self.key.", layer + "attention.self.value."}},
                    {.ours = "blocks.*.words.output.", .foreign = layer + "attention.output.dense."},
                    {.ours = "blocks.*.words_norm.", .foreign = layer + "attention.output.LayerNorm."},
                    {.ours = "blocks.*.expand.", .foreign = layer + "intermediate.dense."},
                    {.ours = "blocks.*.project.", .foreign = layer + "output.dense."},
                    {.ours = "blocks.*.perceptron_norm.", .foreign = layer + "output.LayerNorm."},
                    {.ours = "vocabulary.weight", .foreign = tied.output},
                    {.ours = "vocabulary.bias", .foreign = "output.bias"}},
          .ignored = {embeddings + "position_ids", "output.weight"}};
}

GitDecoderImpl::GitDecoderImpl(const GitDecoderOptions& options) : options_(options) {
  const auto& text = options.text;
  image_projection_ = register_module("image_projection", LinearLayer(text.image_width, text.width));
  image_norm_ = register_module("image_norm", NormLayer(text.width, options.image_epsilon));
  words_ = register_module("words", EmbeddingLayer(text.vocabulary, text.width));
  positions_ = register_module("positions", EmbeddingLayer(text.max_positions, text.width));
  embedding_norm_ = register_module("embedding_norm", NormLayer(text.width, text.epsilon));
  const auto list = register_module("blocks", std::make_shared<torch::nn::Module>());
  const WordBlockOptions block{.attention = {.width = text.width, .heads = text.heads},
                               .hidden = text.hidden,
                               .epsilon = text.epsilon,
                               .activation = text.activation};
  for (std::int64_t i = 0; i < text.layers; ++i) {
    blocks_.push_back(list->register_module(std::to_string(i), WordBlock(block)));
  }
  vocabulary_ = register_module("vocabulary", LinearLayer(text.width, text.vocabulary));
}

std::vector<KeyValue> GitDecoderImpl::read_image(const ImageMemory& memory) {
  auto x = image_norm_(image_projection_(memory.tokens));
  std::vector<KeyValue> sources;
  sources.reserve(blocks_.size());
  for (auto& block : blocks_) sources.push_back(block->read_prefix(x, sources.size() + 1 == blocks_.size()));
  return sources;
}

at::Tensor GitDecoderImpl::embed(const at::Tensor& tokens, std::int64_t first) {
  return embedding_norm_(words_(tokens) + positions_->weight().narrow(0, first, tokens.size(-1)));
}

DecoderOutput GitDecoderImpl::forward(const ImageMemory& memory, const at::Tensor& tokens, bool want_attention) {
  const auto images = tokens.size(0), captions = tokens.size(1), length = tokens.size(2);
  const auto size = memory.tokens.size(1);
  check_caption_length(length, options_.text.max_positions);
  const auto mask = at::cat({at::ones({length, size}, at::TensorOptions(at::kBool)), causal_mask(length)}, 1);
  const auto prefixes = read_image(memory);
  auto x = embed(tokens.flatten(0, 1), 0);
  std::vector<at::Tensor> shares;
  for (std::size_t layer = 0; layer < blocks_.size(); ++layer) {
    const KeyValue prefix{.key = prefixes[layer].key.repeat_interleave(captions, 0),
                          .value = prefixes[layer].value.repeat_interleave(captions, 0)};
    const auto out = blocks_[layer]->continue_prefix(x, prefix, mask, want_attention);
    x = out.context;
    if (!want_attention) continue;
    const auto to_image = out.weights.narrow(-1, 0, size);
    shares.push_back((to_image / to_image.sum(-1, /*keepdim=*/true)).unflatten(0, {images, captions}));
  }
  return {.logits = vocabulary_(x).unflatten(0, {images, captions}),
          .attention = want_attention ? at::stack(shares, 2) : at::Tensor()};
}

std::unique_ptr<DecoderState> GitDecoderImpl::start(const ImageMemory& memory) {
  return std::make_unique<CachedState>(BeamCache(read_image(memory)), std::vector<KeyValue>());
}

at::Tensor GitDecoderImpl::step(DecoderState& base, const at::Tensor& tokens) {
  auto& state = dynamic_cast<CachedState&>(base);
  const auto position = state.next_position(options_.text.max_positions);
  const auto images = state.cache.images(), rows = state.cache.rows_per_image();
  auto x = embed(tokens.unsqueeze(1), position).view({images, rows, options_.text.width});
  for (std::size_t layer = 0; layer < blocks_.size(); ++layer) x = blocks_[layer]->step(x, state.cache, {}, layer);
  return vocabulary_(x).flatten(0, 1).to(at::kFloat);
}

}  // namespace fovea::nn
