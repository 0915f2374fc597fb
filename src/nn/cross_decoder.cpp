#include "nn/cross_decoder.hpp"

#include <string>

#include <ATen/ops/stack.h>

#include "nn/cached_state.hpp"

namespace fovea::nn {

CrossDecoder::CrossDecoder(const TextDecoderOptions& options, NormPlace norms) : options_(options), norms_(norms) {
  if (options.projects_image) {
    image_projection_ = register_module("image_projection", LinearLayer(options.image_width, options.width));
  }
  list_ = register_module("blocks", std::make_shared<torch::nn::Module>());
}

void CrossDecoder::add_block(double scale) {
  const WordBlock block(
      WordBlockOptions{.attention = {.width = options_.width,
                                     .image_width = options_.projects_image ? options_.width : options_.image_width,
                                     .heads = options_.heads,
                                     .scale = scale},
                       .hidden = options_.hidden,
                       .epsilon = options_.epsilon,
                       .activation = options_.activation,
                       .norms = norms_});
  blocks_.push_back(list_->register_module(std::to_string(blocks_.size()), block));
}

std::vector<KeyValue> CrossDecoder::project_image(const ImageMemory& memory) {
  const auto tokens = image_projection_.is_empty() ? memory.tokens : image_projection_(memory.tokens);
  std::vector<KeyValue> sources;
  sources.reserve(blocks_.size());
  for (auto& block : blocks_) sources.push_back(block->project_image(tokens));
  return sources;
}

DecoderOutput CrossDecoder::forward(const ImageMemory& memory, const at::Tensor& tokens, bool want_attention) {
  const auto length = tokens.size(2);
  check_caption_length(length, options_.max_positions);
  const auto image = project_image(memory);
  const auto mask = causal_mask(length);
  auto x = embed(tokens, 0);
  std::vector<at::Tensor> weights;
  for (std::size_t layer = 0; layer < blocks_.size(); ++layer) {
    const auto out = blocks_[layer](x, image[layer], mask, want_attention);
    x = out.context;
    if (want_attention) weights.push_back(out.weights);
  }
  return {.logits = predict(x), .attention = want_attention ? at::stack(weights, 2) : at::Tensor()};
}

std::unique_ptr<DecoderState> CrossDecoder::start(const ImageMemory& memory) {
  return std::make_unique<CachedState>(BeamCache(blocks_.size(), memory.tokens.size(0)), project_image(memory));
}

at::Tensor CrossDecoder::step(DecoderState& base, const at::Tensor& tokens) {
  auto& state = dynamic_cast<CachedState&>(base);
  const auto position = state.next_position(options_.max_positions);
  const auto images = state.cache.images(), rows = state.cache.rows_per_image();
  auto x = embed(tokens.unsqueeze(1), position).view({images, rows, options_.width});
  for (std::size_t layer = 0; layer < blocks_.size(); ++layer) {
    x = blocks_[layer]->step(x, state.cache, state.image[layer], layer);
  }
  return predict(x).flatten(0, 1).to(at::kFloat);
}

}  // namespace fovea::nn
