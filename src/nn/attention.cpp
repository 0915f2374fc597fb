#include "fovea/nn/attention.hpp"

#include <cmath>
#include <limits>
#include <string>

#include <ATen/ops/add.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>

#include "fovea/error.hpp"
#include "nn/dropout.hpp"

namespace fovea::nn {
namespace {

/// Softmax over the last dimension of the scores that the mask lets through.
at::Tensor masked_softmax(const at::Tensor& scores, const at::Tensor& mask) {
  if (!mask.defined()) return at::softmax(scores, -1);
  // A row that is masked as a whole would be NaN with -inf: the lowest finite value keeps it finite, and the product
  // with the mask makes it zero.
  const auto hidden = mask.logical_not();
  return at::softmax(scores.masked_fill(hidden, std::numeric_limits<float>::lowest() / 2), -1).masked_fill(hidden, 0);
}

}  // namespace

AttentionOutput scaled_dot_product(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                   const at::Tensor& mask, bool want_weights, double dropout) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(-1)));
  const auto weights = masked_softmax(at::matmul(query * scale, key.transpose(-2, -1)), mask);
  const auto kept = dropout > 0 ? nn::dropout(weights, dropout) : weights;
  return {.context = at::matmul(kept, value), .weights = want_weights ? weights : at::Tensor()};
}

AdditiveAttentionImpl::AdditiveAttentionImpl(std::int64_t query_size, std::int64_t key_size, std::int64_t hidden_size)
    : query_(register_module("query", torch::nn::Linear(query_size, hidden_size))),
      key_(register_module("key", torch::nn::Linear(torch::nn::LinearOptions(key_size, hidden_size).bias(false)))),
      score_(register_module("score", torch::nn::Linear(torch::nn::LinearOptions(hidden_size, 1).bias(false)))) {}

at::Tensor AdditiveAttentionImpl::project_keys(const at::Tensor& keys) { return key_(keys); }

AttentionOutput AdditiveAttentionImpl::forward(const at::Tensor& query, const at::Tensor& projected_keys,
                                               const at::Tensor& values, const at::Tensor& mask, bool want_weights) {
  const auto hidden = at::tanh(query_(query).unsqueeze(-2) + projected_keys.unsqueeze(-3));  // [B, Q, S, hidden]
  const auto weights = masked_softmax(score_(hidden).squeeze(-1), mask);
  return {.context = at::matmul(weights, values), .weights = want_weights ? weights : at::Tensor()};
}

MultiHeadAttentionImpl::MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options) : options_(options) {
  if (options_.source_width == 0) options_.source_width = options_.width;
  if (options_.heads < 1 || options_.width < 1 || options_.width % options_.heads != 0) {
    throw Error(ErrorCode::usage, "attention: width " + std::to_string(options_.width) + " cannot be split into " +
                                      std::to_string(options_.heads) + " heads of equal size");
  }
  query_ = register_module("query", torch::nn::Linear(options_.width, options_.width));
  key_value_ = register_module("key_value", torch::nn::Linear(options_.source_width, 2 * options_.width));
  output_ = register_module("output", torch::nn::Linear(options_.width, options_.width));
}

at::Tensor MultiHeadAttentionImpl::split_heads(const at::Tensor& x) const {
  return x.view({x.size(0), x.size(1), options_.heads, options_.width / options_.heads}).transpose(1, 2);
}

KeyValue MultiHeadAttentionImpl::project_source(const at::Tensor& source) {
  const auto both = key_value_(source).chunk(2, -1);
  const auto heads = [&](const at::Tensor& x) {
    return x.unflatten(-1, {options_.heads, options_.width / options_.heads}).transpose(1, 2).contiguous();
  };
  return {.key = heads(both[0]), .value = heads(both[1])};
}

AttentionOutput MultiHeadAttentionImpl::attend(const at::Tensor& query, const KeyValue& source, const at::Tensor& mask,
                                               bool want_weights) {
  const double dropout = is_training() ? options_.dropout : 0;
  const auto attended =
      scaled_dot_product(split_heads(query_(query)), source.key, source.value, mask, want_weights, dropout);
  return {.context = output_(attended.context.transpose(1, 2).flatten(2)), .weights = attended.weights};
}

AttentionOutput MultiHeadAttentionImpl::forward(const at::Tensor& query, const at::Tensor& source,
                                                const at::Tensor& mask, bool want_weights) {
  return attend(query, project_source(source), mask, want_weights);
}

SoftSpatialAttentionImpl::SoftSpatialAttentionImpl(std::int64_t state_size, std::int64_t feature_size,
                                                   std::int64_t hidden_size)
    : attention_(register_module("attention", AdditiveAttention(state_size, feature_size, hidden_size))),
      gate_(register_module("gate", torch::nn::Linear(state_size, 1))) {}

at::Tensor SoftSpatialAttentionImpl::project_features(const at::Tensor& features) {
  return attention_->project_keys(features);
}

AttentionOutput SoftSpatialAttentionImpl::forward(const at::Tensor& state, const at::Tensor& projected_features,
                                                  const at::Tensor& features, bool want_weights) {
  auto attended = attention_(state, projected_features, features, at::Tensor(), want_weights);
  attended.context = at::sigmoid(gate_(state)) * attended.context;
  return attended;
}

}  // namespace fovea::nn
