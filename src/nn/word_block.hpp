/// @file The block of caption decoders whose weights come from a file: attention to the words before, attention to the
/// image, perceptron.
///
/// Letters in shapes: B images, C captions of an image, R rows (hypotheses) of an image, T tokens, S tokens of the
/// image, D width, H heads.
#pragma once

#include <cstddef>
#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "nn/beam_cache.hpp"
#include "nn/decoder_attention.hpp"
#include "nn/layers.hpp"

namespace fovea::nn {

/// Where the norm of a part stands.
enum class NormPlace {
  before,  ///< x + part(norm(x)), as GPT-2 has it
  behind,  ///< norm(x + part(x)), as BERT has it
};

/// Sizes of a WordBlock.
struct WordBlockOptions {
  DecoderAttentionOptions attention{};
  std::int64_t hidden = 0;  ///< width between the two matrices of the perceptron
  double epsilon = 1e-12;   ///< of the norms
  Activation activation = Activation::gelu;
  NormPlace norms = NormPlace::behind;
};

/// Weights: `words`, `words_norm`; with attention to an image `image`, `image_norm`; `expand`, `project`,
/// `perceptron_norm`.
class WordBlockImpl : public torch::nn::Module {
 public:
  explicit WordBlockImpl(const WordBlockOptions& options);

  /// Keys and values of images for the attention to them: [B, S, image_width] -> [B, H, S, d].
  KeyValue project_image(const at::Tensor& image) { return image_->project(image); }

  /// @param x [B, C, T, D]   @param mask bool [T, T]
  /// @return [B, C, T, D]; weights over the image [B, C, H, T, S] when asked for
  AttentionOutput forward(const at::Tensor& x, const KeyValue& image, const at::Tensor& mask, bool want_weights);

  /// The newest token of every hypothesis. @param x [B, R, D]   @param image undefined without attention to an image
  at::Tensor step(const at::Tensor& x, BeamCache& cache, const KeyValue& image, std::size_t layer);

  /// Without attention to an image: words after a prefix that they all see.
  /// @param x [N, T, D]   @param prefix [N, H, S, d]   @param mask bool [T, S + T]
  /// @return [N, T, D]; weights [N, H, T, S + T] when asked for
  AttentionOutput continue_prefix(const at::Tensor& x, const KeyValue& prefix, const at::Tensor& mask,
                                  bool want_weights);
  /// The prefix itself, whose tokens all see each other. @param x [B, S, D], becomes this block's output; undefined in
  /// the `last` block, whose output nobody reads   @return keys and values of the prefix, [B, H, S, d]
  KeyValue read_prefix(at::Tensor& x, bool last);

 private:
  template <typename Part>
  at::Tensor apply(const at::Tensor& x, NormLayer& norm, Part part) {
    return norms_ == NormPlace::before ? x + part(norm(x)) : norm(x + part(x));
  }
  at::Tensor apply_perceptron(const at::Tensor& x);

  NormPlace norms_;
  Activation activation_;
  WordAttention words_{nullptr};
  NormLayer words_norm_{nullptr};
  ImageAttention image_{nullptr};
  NormLayer image_norm_{nullptr};
  LinearLayer expand_{nullptr};
  LinearLayer project_{nullptr};
  NormLayer perceptron_norm_{nullptr};
};
TORCH_MODULE(WordBlock);

}  // namespace fovea::nn
