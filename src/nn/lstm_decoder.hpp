/// @file The soft attention LSTM of Show, Attend and Tell (Xu et al. 2015).
#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/modules/embedding.h>

#include "fovea/nn/attention.hpp"
#include "nn/caption_decoder.hpp"
#include "nn/dropout.hpp"

namespace fovea::nn {

/// Sizes of an LstmDecoder.
struct LstmDecoderOptions {
  std::int64_t vocabulary_size = 0;
  std::int64_t feature_size = 256;  ///< D: size of the image's tokens
  std::int64_t embedding_size = 256;
  std::int64_t state_size = 512;
  std::int64_t attention_size = 256;  ///< hidden size of the additive attention
  double dropout = 0.3;               ///< on embeddings and before the output, in training mode
};

/// At each word: look at the image by the state before, gate what was seen, update the state, write by the deep output
/// layer L_o(E y + L_h h + L_z z) (equation 7), whose L_o shares the embedding's weights.
class LstmDecoderImpl : public CaptionDecoder {
 public:
  /// @throws Error: usage when a size is below 1.
  explicit LstmDecoderImpl(const LstmDecoderOptions& options);

  /// One layer and one head of attention.
  DecoderOutput forward(const ImageMemory& memory, const at::Tensor& tokens, bool want_attention) override;
  std::unique_ptr<DecoderState> start(const ImageMemory& memory) override;
  at::Tensor step(DecoderState& state, const at::Tensor& tokens) override;

 private:
  struct Recurrent;
  class State;
  /// The state before the first word, from the mean of the features: [B, rows, state_size] each.
  Recurrent initial_state(const at::Tensor& features, std::int64_t rows);
  /// One word: `words` [B, rows, E] embedded. Returns the input of the output layer [B, rows, E] and the weights.
  AttentionOutput advance(const ImageMemory& memory, const at::Tensor& projected, const at::Tensor& words,
                          Recurrent& recurrent, bool want_weights);

  LstmDecoderOptions options_;
  torch::nn::Embedding embedding_{nullptr};
  torch::nn::Linear initial_hidden_{nullptr};
  torch::nn::Linear initial_cell_{nullptr};
  SoftSpatialAttention attention_{nullptr};
  torch::nn::Linear input_gates_{nullptr};
  torch::nn::Linear state_gates_{nullptr};
  torch::nn::Linear output_hidden_{nullptr};
  torch::nn::Linear output_context_{nullptr};
  Dropout dropout_{nullptr};
  at::Tensor output_bias_;  // [V]
};
TORCH_MODULE(LstmDecoder);

}  // namespace fovea::nn
