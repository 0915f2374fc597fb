/// @file Attention of caption decoders whose weights come from a file: to the words before and to the image.
///
/// Letters in shapes: B images, R rows (hypotheses) of an image, N batch, T tokens, S tokens of the image, D width,
/// H heads, d = D / H.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "fovea/nn/attention.hpp"
#include "nn/beam_cache.hpp"
#include "nn/layers.hpp"

namespace fovea::nn {

/// Sizes of a decoder's attention.
struct DecoderAttentionOptions {
  std::int64_t width = 0;        ///< D
  std::int64_t image_width = 0;  ///< of the image's tokens; 0: there is no attention to an image
  std::int64_t heads = 1;        ///< H, divides width
  double scale = 0;              ///< of the products of queries and keys; 0: 1 / sqrt(d)
};

/// Queries, keys and values of the same tokens.
struct ProjectedTokens {
  at::Tensor query;  ///< [N, H, T, d]
  KeyValue source;   ///< [N, H, T, d]
};

/// Attention of tokens to each other; one matrix makes queries, keys and values.
/// Weights: `query_key_value` [3 D, D], `output` [D, D].
class WordAttentionImpl : public torch::nn::Module {
 public:
  explicit WordAttentionImpl(const DecoderAttentionOptions& options);

  /// [N, T, D] -> queries, keys and values
  ProjectedTokens project(const at::Tensor& x);
  /// @param mask undefined, or bool broadcastable to [N, H, T, S]
  /// @return context [N, T, D] after the output projection; weights [N, H, T, S] when asked for
  AttentionOutput attend(const at::Tensor& query, const KeyValue& source, const at::Tensor& mask, bool want_weights);

  /// [N, T, D] -> [N, T, D]. @param mask bool [T, T]
  at::Tensor forward(const at::Tensor& x, const at::Tensor& mask);
  /// The newest token of every hypothesis, which the cache keeps. [B, R, D] -> [B, R, D]
  at::Tensor step(const at::Tensor& x, BeamCache& cache, std::size_t layer);

 private:
  DecoderAttentionOptions options_;
  double query_factor_;  // what the queries are multiplied with besides 1 / sqrt(d)
  LinearLayer query_key_value_{nullptr};
  LinearLayer output_{nullptr};
};
TORCH_MODULE(WordAttention);

/// Attention of tokens to an image. Weights: `query` [D, D], `key` and `value` [D, image_width], `output` [D, D].
class ImageAttentionImpl : public torch::nn::Module {
 public:
  explicit ImageAttentionImpl(const DecoderAttentionOptions& options);

  /// Keys and values of images, [B, S, image_width] -> [B, H, S, d]; once per image, for all words of all hypotheses.
  KeyValue project(const at::Tensor& image);
  /// @param x [B, T, D], tokens of any number of captions of each image
  /// @return context [B, T, D] after the output projection; weights [B, H, T, S] when asked for
  AttentionOutput forward(const at::Tensor& x, const KeyValue& image, bool want_weights = false);

 private:
  DecoderAttentionOptions options_;
  double query_factor_;
  LinearLayer query_{nullptr};
  LinearLayer key_{nullptr};
  LinearLayer value_{nullptr};
  LinearLayer output_{nullptr};
};
TORCH_MODULE(ImageAttention);

/// bool [T, T]: each token sees itself and those before.
at::Tensor causal_mask(std::int64_t length);

}  // namespace fovea::nn
