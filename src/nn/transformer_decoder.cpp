#include "nn/transformer_decoder.hpp"

#include <cmath>
#include <string>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tril.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

constexpr double kEmbeddingScale = 0.02;

/// Keys and values of every block: of the tokens so far ([R, H, t, d]) and of the image ([B, H, S, d]).
class State final : public DecoderState {
 public:
  State(std::vector<KeyValue> image_sources, std::int64_t image_count)
      : image(std::move(image_sources)), past(image.size()), images(image_count) {}

  void select_rows(const at::Tensor& rows, std::int64_t new_rows_per_image) override {
    rows_per_image = new_rows_per_image;
    for (auto& cache : past) select(cache, rows);
  }

  void select_images(const at::Tensor& kept) override {
    const auto row_of_image = kept.unsqueeze(1) * rows_per_image;
    const auto rows = (row_of_image + at::arange(rows_per_image, kept.options()).unsqueeze(0)).flatten();
    for (auto& cache : past) select(cache, rows);
    for (auto& source : image) select(source, kept);
    images = kept.size(0);
  }

  std::vector<KeyValue> image;
  std::vector<KeyValue> past;
  std::int64_t images;
  std::int64_t rows_per_image = 1;
  std::int64_t length = 0;  // tokens fed so far

 private:
  static void select(KeyValue& cache, const at::Tensor& rows) {
    if (!cache.key.defined()) return;
    cache.key = cache.key.index_select(0, rows);
    cache.value = cache.value.index_select(0, rows);
  }
};

}  // namespace

DecoderBlockImpl::DecoderBlockImpl(const TransformerOptions& options) {
  const MultiHeadAttentionOptions attention{
      .width = options.width, .heads = options.heads, .dropout = options.attention_dropout};
  self_norm_ = register_module("self_norm", make_layer_norm(options.width));
  self_ = register_module("self", MultiHeadAttention(attention));
  cross_norm_ = register_module("cross_norm", make_layer_norm(options.width));
  cross_ = register_module("cross", MultiHeadAttention(attention));
  perceptron_norm_ = register_module("perceptron_norm", make_layer_norm(options.width));
  perceptron_ =
      register_module("perceptron", Perceptron(options.width, options.width * options.mlp_ratio, options.dropout));
  dropout_ = register_module("dropout", Dropout(options.dropout));
}

AttentionOutput DecoderBlockImpl::forward(const at::Tensor& x, const at::Tensor& source, const at::Tensor& mask,
                                          bool want_weights) {
  const auto images = x.size(0), captions = x.size(1), length = x.size(2);
  const auto normed = self_norm_(x).flatten(0, 1);
  auto y = x + dropout_(self_(normed, normed, mask).context).unflatten(0, {images, captions});
  // Captions of one image share its keys and values: their positions are queries of one attention.
  auto crossed = cross_(cross_norm_(y).flatten(1, 2), source, at::Tensor(), want_weights);
  y = y + dropout_(crossed.context).unflatten(1, {captions, length});
  if (want_weights) crossed.weights = crossed.weights.unflatten(2, {captions, length}).transpose(1, 2);
  return {.context = y + dropout_(perceptron_(perceptron_norm_(y))), .weights = crossed.weights};
}

at::Tensor DecoderBlockImpl::step(const at::Tensor& x, KeyValue& past, const KeyValue& image) {
  const auto images = x.size(0), rows = x.size(1);
  const auto normed = self_norm_(x).flatten(0, 1).unsqueeze(1);  // [R, 1, D]
  auto now = self_->project_source(normed);
  if (past.key.defined()) {
    now.key = at::cat({past.key, now.key}, 2);
    now.value = at::cat({past.value, now.value}, 2);
  }
  past = now;
  auto y = x + self_->attend(normed, past).context.view({images, rows, -1});
  y = y + cross_->attend(cross_norm_(y), image).context;
  return y + perceptron_(perceptron_norm_(y));
}

TransformerDecoderImpl::TransformerDecoderImpl(const TransformerDecoderOptions& options) : options_(options) {
  const auto& t = options.transformer;
  if (options.vocabulary_size < 1 || options.max_positions < 1 || t.width < 1 || t.layers < 1) {
    throw Error(ErrorCode::usage,
                "transformer decoder: vocabulary_size, max_positions, width and layers must be at least 1");
  }
  embedding_ = register_module("embedding", torch::nn::Embedding(options.vocabulary_size, t.width));
  positions_ = register_parameter("positions", at::randn({options.max_positions, t.width}) * kEmbeddingScale);
  const auto blocks = register_module("blocks", std::make_shared<torch::nn::Module>());
  for (std::int64_t i = 0; i < t.layers; ++i) {
    blocks_.push_back(blocks->register_module(std::to_string(i), DecoderBlock(t)));
  }
  norm_ = register_module("norm", make_layer_norm(t.width));
  output_bias_ = register_parameter("output_bias", at::zeros({options.vocabulary_size}));
  dropout_ = register_module("dropout", Dropout(t.dropout));
  initialise_linears(*this);
  torch::nn::init::normal_(embedding_->weight, 0, kEmbeddingScale);
}

at::Tensor TransformerDecoderImpl::project_to_vocabulary(const at::Tensor& x) {
  return at::linear(norm_(x), embedding_->weight, output_bias_);
}

DecoderOutput TransformerDecoderImpl::forward(const ImageMemory& memory, const at::Tensor& tokens,
                                              bool want_attention) {
  const auto length = tokens.size(2);
  if (length > options_.max_positions) {
    throw Error(ErrorCode::usage, "transformer decoder: a caption has " + std::to_string(length) +
                                      " tokens, the model takes " + std::to_string(options_.max_positions));
  }
  auto x = dropout_(embedding_(tokens) + positions_.slice(0, 0, length));
  const auto mask = at::ones({length, length}, at::TensorOptions(at::kBool)).tril();
  std::vector<at::Tensor> weights;
  for (auto& block : blocks_) {
    const auto out = block(x, memory.tokens, mask, want_attention);
    x = out.context;
    if (want_attention) weights.push_back(out.weights);
  }
  return {.logits = project_to_vocabulary(x), .attention = want_attention ? at::stack(weights, 2) : at::Tensor()};
}

std::unique_ptr<DecoderState> TransformerDecoderImpl::start(const ImageMemory& memory) {
  std::vector<KeyValue> image;
  for (auto& block : blocks_) image.push_back(block->project_image(memory.tokens));
  return std::make_unique<State>(std::move(image), memory.tokens.size(0));
}

at::Tensor TransformerDecoderImpl::step(DecoderState& base, const at::Tensor& tokens) {
  auto& state = dynamic_cast<State&>(base);
  if (state.length >= options_.max_positions) {
    throw Error(ErrorCode::usage,
                "transformer decoder: the model takes " + std::to_string(options_.max_positions) + " tokens at most");
  }
  auto x = (embedding_(tokens) + positions_[state.length]).view({state.images, state.rows_per_image, -1});
  for (std::size_t i = 0; i < blocks_.size(); ++i) x = blocks_[i]->step(x, state.past[i], state.image[i]);
  ++state.length;
  return project_to_vocabulary(x.flatten(0, 1)).to(at::kFloat);
}

}  // namespace fovea::nn
