#include "nn/transformer.hpp"

#include <ATen/ops/gelu.h>
#include <torch/nn/init.h>

namespace fovea::nn {

torch::nn::LayerNorm make_layer_norm(std::int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}));
}

void initialise_linears(torch::nn::Module& module) {
  for (const auto& child : module.modules(/*include_self=*/false)) {
    if (auto* linear = child->as<torch::nn::LinearImpl>()) {
      torch::nn::init::xavier_uniform_(linear->weight);
      if (linear->bias.defined()) torch::nn::init::zeros_(linear->bias);
    }
  }
}

PerceptronImpl::PerceptronImpl(std::int64_t width, std::int64_t hidden, double dropout)
    : expand_(register_module("expand", torch::nn::Linear(width, hidden))),
      project_(register_module("project", torch::nn::Linear(hidden, width))),
      dropout_(register_module("dropout", Dropout(dropout))) {}

at::Tensor PerceptronImpl::forward(const at::Tensor& x) { return project_(dropout_(at::gelu(expand_(x)))); }

SelfAttentionBlockImpl::SelfAttentionBlockImpl(const TransformerOptions& options)
    : attention_norm_(register_module("attention_norm", make_layer_norm(options.width))),
      attention_(register_module(
          "attention", MultiHeadAttention(MultiHeadAttentionOptions{
                           .width = options.width, .heads = options.heads, .dropout = options.attention_dropout}))),
      perceptron_norm_(register_module("perceptron_norm", make_layer_norm(options.width))),
      perceptron_(
          register_module("perceptron", Perceptron(options.width, options.width * options.mlp_ratio, options.dropout))),
      dropout_(register_module("dropout", Dropout(options.dropout))) {}

AttentionOutput SelfAttentionBlockImpl::forward(const at::Tensor& x, bool want_weights) {
  const auto normed = attention_norm_(x);
  const auto attended = attention_(normed, normed, at::Tensor(), want_weights);
  const auto y = x + dropout_(attended.context);
  return {.context = y + dropout_(perceptron_(perceptron_norm_(y))), .weights = attended.weights};
}

}  // namespace fovea::nn
