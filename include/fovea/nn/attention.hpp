/// @file The attention mechanisms of Fovea, as LibTorch modules on LibTorch's basic operators.
///
/// Letters in shapes: B batch, Q queries, S source positions, D width, H heads, d = D / H. "..." is any number of
/// leading dimensions. Every mechanism returns its weights only when asked: they cost memory.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

namespace fovea::nn {

/// What attention makes of its source.
struct AttentionOutput {
  at::Tensor context;  ///< weighted sum of the values
  at::Tensor weights;  ///< the weights, summing to 1 over the source; undefined unless asked for
};

/// softmax(q k^T / sqrt(d)) v (Vaswani et al. 2017, section 3.2.1).
/// @param query [..., Q, d]   @param key [..., S, d]   @param value [..., S, dv]
/// @param mask  undefined, or bool broadcastable to [..., Q, S]: true where a query may look. A row without any true
///              gives zero context and zero weights.
/// @param dropout probability with which weights are dropped (0 outside training)
/// @return context [..., Q, dv], weights [..., Q, S] (before dropout)
AttentionOutput scaled_dot_product(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                   const at::Tensor& mask = {}, bool want_weights = false, double dropout = 0);

/// Additive attention (Bahdanau et al. 2015, appendix A.1.2): score = v . tanh(W q + U k).
class AdditiveAttentionImpl : public torch::nn::Module {
 public:
  AdditiveAttentionImpl(std::int64_t query_size, std::int64_t key_size, std::int64_t hidden_size);

  /// The part of the score that depends on the source only: U k. [B, S, key_size] -> [B, S, hidden]
  at::Tensor project_keys(const at::Tensor& keys);
  /// @param query [B, Q, query_size]  @param projected_keys from project_keys  @param values [B, S, dv]
  /// @param mask undefined or bool broadcastable to [B, Q, S]
  /// @return context [B, Q, dv], weights [B, Q, S]
  AttentionOutput forward(const at::Tensor& query, const at::Tensor& projected_keys, const at::Tensor& values,
                          const at::Tensor& mask = {}, bool want_weights = false);

 private:
  torch::nn::Linear query_{nullptr};
  torch::nn::Linear key_{nullptr};
  torch::nn::Linear score_{nullptr};
};
TORCH_MODULE(AdditiveAttention);

/// Keys and values of a source, split into heads.
struct KeyValue {
  at::Tensor key;    ///< [B, H, S, d]
  at::Tensor value;  ///< [B, H, S, d]
};

/// Sizes of a MultiHeadAttention.
struct MultiHeadAttentionOptions {
  std::int64_t width = 0;         ///< D: size of queries and of the output
  std::int64_t source_width = 0;  ///< size of the source that keys and values come from; 0 means `width`
  std::int64_t heads = 1;         ///< H; must divide `width`
  double dropout = 0;             ///< on the weights, in training mode
};

/// Multi-head attention (Vaswani et al. 2017, section 3.2.2): self-attention when query and source are the same tensor,
/// cross-attention else. Keys and values can be projected once and used for many queries.
class MultiHeadAttentionImpl : public torch::nn::Module {
 public:
  /// @throws Error: usage when heads does not divide width.
  explicit MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options);

  /// [B, S, source_width] -> keys and values per head.
  KeyValue project_source(const at::Tensor& source);
  /// @param query [B, Q, D]  @param source from project_source
  /// @param mask undefined or bool broadcastable to [B, H, Q, S]
  /// @return context [B, Q, D] (after the output projection), weights [B, H, Q, S]
  AttentionOutput attend(const at::Tensor& query, const KeyValue& source, const at::Tensor& mask = {},
                         bool want_weights = false);
  /// project_source, then attend.
  AttentionOutput forward(const at::Tensor& query, const at::Tensor& source, const at::Tensor& mask = {},
                          bool want_weights = false);

 private:
  at::Tensor split_heads(const at::Tensor& x) const;

  MultiHeadAttentionOptions options_;
  torch::nn::Linear query_{nullptr};
  torch::nn::Linear key_value_{nullptr};
  torch::nn::Linear output_{nullptr};
};
TORCH_MODULE(MultiHeadAttention);

/// Soft attention over the positions of an image with the gate of Show, Attend and Tell (Xu et al. 2015, section 4.2):
/// additive attention by the decoder's state h, and beta = sigmoid(f(h)) scales the context.
class SoftSpatialAttentionImpl : public torch::nn::Module {
 public:
  SoftSpatialAttentionImpl(std::int64_t state_size, std::int64_t feature_size, std::int64_t hidden_size);

  /// [B, S, feature_size] -> [B, S, hidden]; once per image.
  at::Tensor project_features(const at::Tensor& features);
  /// @param state [B, Q, state_size]: Q hypotheses of the same image
  /// @return context [B, Q, feature_size] already scaled by beta, weights [B, Q, S]
  AttentionOutput forward(const at::Tensor& state, const at::Tensor& projected_features, const at::Tensor& features,
                          bool want_weights = false);

 private:
  AdditiveAttention attention_{nullptr};
  torch::nn::Linear gate_{nullptr};
};
TORCH_MODULE(SoftSpatialAttention);

}  // namespace fovea::nn
