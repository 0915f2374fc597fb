/// @file The GPT-2 decoder with cross-attention (Radford et al. 2019), as the encoder-decoder models of transformers
/// have it: GPT2LMHeadModel.
#pragma once

#include <cstdint>
#include <string>

#include "nn/cross_decoder.hpp"
#include "nn/foreign_config.hpp"
#include "nn/layers.hpp"
#include "nn/name_map.hpp"

namespace fovea::nn {

/// Sizes of a Gpt2Decoder.
struct Gpt2DecoderOptions {
  TextDecoderOptions text{};
  bool scales_by_width = true;   ///< products of queries and keys are divided by sqrt(width / heads) ...
  bool scales_by_layer = false;  ///< ... and by the layer's number, counted from 1
};

/// `decoder` of an encoder-decoder model, with `model_type` "gpt2". @param image_width of its encoder
/// @throws Error: model or unsupported, naming the key.
Gpt2DecoderOptions read_gpt2_decoder_config(const ForeignConfig& config, std::int64_t image_width);

/// Where the weights of such a decoder are found. @param tensors only names count
/// @param prefix "decoder." in encoder-decoder models
NameMap gpt2_decoder_names(const Gpt2DecoderOptions& options, const TensorMap& tensors, const std::string& prefix);

/// The decoder.
class Gpt2DecoderImpl : public CrossDecoder {
 public:
  explicit Gpt2DecoderImpl(const Gpt2DecoderOptions& options);

 protected:
  at::Tensor embed(const at::Tensor& tokens, std::int64_t first) override;
  at::Tensor predict(const at::Tensor& x) override;

 private:
  EmbeddingLayer words_{nullptr};
  EmbeddingLayer positions_{nullptr};
  NormLayer norm_{nullptr};
  LinearLayer vocabulary_{nullptr};
};
TORCH_MODULE(Gpt2Decoder);

}  // namespace fovea::nn
