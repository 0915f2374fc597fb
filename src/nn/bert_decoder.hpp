/// @file The BERT decoder with cross-attention (Devlin et al. 2019), as BLIP (Li et al. 2022) and the encoder-decoder
/// models of transformers have it: BlipTextLMHeadModel, BertLMHeadModel.
#pragma once

#include <cstdint>
#include <string>

#include "nn/cross_decoder.hpp"
#include "nn/foreign_config.hpp"
#include "nn/layers.hpp"
#include "nn/name_map.hpp"

namespace fovea::nn {

/// Sizes of a BertDecoder.
struct BertDecoderOptions {
  TextDecoderOptions text{};
  std::int64_t token_types = 0;  ///< rows of a table whose first row is added to every token; 0: none
};

/// `text_config` of BLIP. @param image_width of its vision encoder, which goes before `encoder_hidden_size`
/// @throws Error: model or unsupported, naming the key.
BertDecoderOptions read_blip_text_config(const ForeignConfig& config, std::int64_t image_width);
/// `decoder` of an encoder-decoder model, with `model_type` "bert". @param image_width of its encoder
/// @throws Error: model or unsupported, naming the key.
BertDecoderOptions read_bert_decoder_config(const ForeignConfig& config, std::int64_t image_width);

/// Where the weights of such a decoder are found. @param tensors only names count
/// @param prefix "text_decoder." (BLIP), "decoder." (encoder-decoder models)
NameMap bert_decoder_names(const BertDecoderOptions& options, const TensorMap& tensors, const std::string& prefix);

/// The decoder.
class BertDecoderImpl : public CrossDecoder {
 public:
  explicit BertDecoderImpl(const BertDecoderOptions& options);

 protected:
  at::Tensor embed(const at::Tensor& tokens, std::int64_t first) override;
  at::Tensor predict(const at::Tensor& x) override;

 private:
  EmbeddingLayer words_{nullptr};
  EmbeddingLayer positions_{nullptr};
  EmbeddingLayer token_types_{nullptr};
  NormLayer embedding_norm_{nullptr};
  LinearLayer transform_{nullptr};
  NormLayer transform_norm_{nullptr};
  LinearLayer vocabulary_{nullptr};
};
TORCH_MODULE(BertDecoder);

}  // namespace fovea::nn
