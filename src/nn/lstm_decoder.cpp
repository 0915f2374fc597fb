#include "nn/lstm_decoder.hpp"

#include <algorithm>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/init.h>

#include "fovea/error.hpp"
#include "nn/transformer.hpp"

namespace fovea::nn {

struct LstmDecoderImpl::Recurrent {
  at::Tensor hidden;  // [B, rows, state_size]
  at::Tensor cell;    // [B, rows, state_size]
};

class LstmDecoderImpl::State final : public DecoderState {
 public:
  State(ImageMemory image_memory, at::Tensor projected_features, Recurrent initial)
      : memory(std::move(image_memory)), projected(std::move(projected_features)), recurrent(std::move(initial)) {}

  void select_rows(const at::Tensor& rows, std::int64_t rows_per_image) override {
    const auto images = memory.tokens.size(0);
    const auto select = [&](at::Tensor& x) {
      x = x.flatten(0, 1).index_select(0, rows).view({images, rows_per_image, -1});
    };
    select(recurrent.hidden);
    select(recurrent.cell);
  }

  void select_images(const at::Tensor& images) override {
    for (auto* x : {&memory.tokens, &projected, &recurrent.hidden, &recurrent.cell}) *x = x->index_select(0, images);
  }

  ImageMemory memory;
  at::Tensor projected;
  Recurrent recurrent;
};

LstmDecoderImpl::LstmDecoderImpl(const LstmDecoderOptions& options) : options_(options) {
  const auto& o = options;
  if (std::min({o.vocabulary_size, o.feature_size, o.embedding_size, o.state_size, o.attention_size}) < 1) {
    throw Error(ErrorCode::usage, "LSTM decoder: every size must be at least 1");
  }
  using torch::nn::Linear;
  embedding_ = register_module("embedding", torch::nn::Embedding(o.vocabulary_size, o.embedding_size));
  initial_hidden_ = register_module("initial_hidden", Linear(o.feature_size, o.state_size));
  initial_cell_ = register_module("initial_cell", Linear(o.feature_size, o.state_size));
  attention_ = register_module("attention", SoftSpatialAttention(o.state_size, o.feature_size, o.attention_size));
  input_gates_ = register_module("input_gates", Linear(o.embedding_size + o.feature_size, 4 * o.state_size));
  state_gates_ =
      register_module("state_gates", Linear(torch::nn::LinearOptions(o.state_size, 4 * o.state_size).bias(false)));
  output_hidden_ = register_module("output_hidden", Linear(o.state_size, o.embedding_size));
  output_context_ =
      register_module("output_context", Linear(torch::nn::LinearOptions(o.feature_size, o.embedding_size).bias(false)));
  dropout_ = register_module("dropout", Dropout(o.dropout));
  output_bias_ = register_parameter("output_bias", at::zeros({o.vocabulary_size}));
  initialise_linears(*this);
  torch::nn::init::normal_(embedding_->weight, 0, 0.05);
}

LstmDecoderImpl::Recurrent LstmDecoderImpl::initial_state(const at::Tensor& features, std::int64_t rows) {
  const auto mean = features.mean(1, /*keepdim=*/true);
  const auto expand = [&](const at::Tensor& x) { return x.expand({-1, rows, -1}); };
  return {.hidden = expand(at::tanh(initial_hidden_(mean))), .cell = expand(at::tanh(initial_cell_(mean)))};
}

AttentionOutput LstmDecoderImpl::advance(const ImageMemory& memory, const at::Tensor& projected,
                                         const at::Tensor& words, Recurrent& recurrent, bool want_weights) {
  auto seen = attention_(recurrent.hidden, projected, memory.tokens, want_weights);
  const auto gates =
      (input_gates_(at::cat({words, seen.context.to(words.scalar_type())}, -1)) + state_gates_(recurrent.hidden))
          .chunk(4, -1);
  recurrent.cell = at::sigmoid(gates[1]) * recurrent.cell + at::sigmoid(gates[0]) * at::tanh(gates[2]);
  recurrent.hidden = at::sigmoid(gates[3]) * at::tanh(recurrent.cell);
  seen.context = words + output_hidden_(dropout_(recurrent.hidden)) + output_context_(seen.context);
  return seen;
}

DecoderOutput LstmDecoderImpl::forward(const ImageMemory& memory, const at::Tensor& tokens, bool want_attention) {
  const auto words = dropout_(embedding_(tokens));  // [B, C, T, E]
  const auto projected = attention_->project_features(memory.tokens);
  auto recurrent = initial_state(memory.tokens, tokens.size(1));
  std::vector<at::Tensor> outputs, weights;
  for (std::int64_t t = 0; t < tokens.size(2); ++t) {
    const auto out = advance(memory, projected, words.select(2, t), recurrent, want_attention);
    outputs.push_back(out.context);
    if (want_attention) weights.push_back(out.weights);
  }
  DecoderOutput result{.logits = at::linear(dropout_(at::stack(outputs, 2)), embedding_->weight, output_bias_),
                       .attention = {}};
  if (want_attention) result.attention = at::stack(weights, 2).unsqueeze(2).unsqueeze(2);
  return result;
}

std::unique_ptr<DecoderState> LstmDecoderImpl::start(const ImageMemory& memory) {
  return std::make_unique<State>(memory, attention_->project_features(memory.tokens), initial_state(memory.tokens, 1));
}

at::Tensor LstmDecoderImpl::step(DecoderState& base, const at::Tensor& tokens) {
  auto& state = dynamic_cast<State&>(base);
  const auto images = state.memory.tokens.size(0);
  const auto words = embedding_(tokens).view({images, tokens.size(0) / images, -1});
  const auto out = advance(state.memory, state.projected, words, state.recurrent, /*want_weights=*/false);
  return at::linear(out.context.flatten(0, 1), embedding_->weight, output_bias_).to(at::kFloat);
}

}  // namespace fovea::nn
