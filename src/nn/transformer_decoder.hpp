/// @file The transformer caption decoder: causal self-attention, cross-attention to the image, perceptron.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/modules/embedding.h>

#include "nn/caption_decoder.hpp"
#include "nn/transformer.hpp"

namespace fovea::nn {

/// Sizes of a TransformerDecoder.
struct TransformerDecoderOptions {
  std::int64_t vocabulary_size = 0;
  std::int64_t max_positions = 40;  ///< tokens of the longest caption, begin token included
  TransformerOptions transformer{.layers = 3};
};

/// One block; also its step form on cached keys and values.
class DecoderBlockImpl : public torch::nn::Module {
 public:
  explicit DecoderBlockImpl(const TransformerOptions& options);

  /// @param x [B, C, T, D]  @param source [B, S, D]  @param mask bool [T, T]
  /// @return [B, C, T, D]; cross-attention weights [B, C, H, T, S] when asked for
  AttentionOutput forward(const at::Tensor& x, const at::Tensor& source, const at::Tensor& mask, bool want_weights);

  /// @param x [B, rows, D], the newest token of every hypothesis
  /// @param past self-attention keys and values of the tokens before, undefined at the first; extended in place
  /// @param image keys and values of the image, [B, H, S, d]
  at::Tensor step(const at::Tensor& x, KeyValue& past, const KeyValue& image);

  KeyValue project_image(const at::Tensor& source) { return cross_->project_source(source); }

 private:
  torch::nn::LayerNorm self_norm_{nullptr};
  MultiHeadAttention self_{nullptr};
  torch::nn::LayerNorm cross_norm_{nullptr};
  MultiHeadAttention cross_{nullptr};
  torch::nn::LayerNorm perceptron_norm_{nullptr};
  Perceptron perceptron_{nullptr};
  Dropout dropout_{nullptr};
};
TORCH_MODULE(DecoderBlock);

/// Transformer decoder (Vaswani et al. 2017, pre-norm); the output projection shares the embedding's weights
/// (Press and Wolf 2017).
class TransformerDecoderImpl : public CaptionDecoder {
 public:
  /// @throws Error: usage when a size is below 1.
  explicit TransformerDecoderImpl(const TransformerDecoderOptions& options);

  DecoderOutput forward(const ImageMemory& memory, const at::Tensor& tokens, bool want_attention) override;
  std::unique_ptr<DecoderState> start(const ImageMemory& memory) override;
  at::Tensor step(DecoderState& state, const at::Tensor& tokens) override;

 private:
  at::Tensor project_to_vocabulary(const at::Tensor& x);

  TransformerDecoderOptions options_;
  torch::nn::Embedding embedding_{nullptr};
  at::Tensor positions_;  // [max_positions, D]
  std::vector<DecoderBlock> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
  at::Tensor output_bias_;  // [V]
  Dropout dropout_{nullptr};
};
TORCH_MODULE(TransformerDecoder);

}  // namespace fovea::nn
