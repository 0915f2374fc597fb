/// @file What the decoders with cross-attention have in common, whatever their embedding and their way to logits.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/caption_decoder.hpp"
#include "nn/layers.hpp"
#include "nn/text_decoder_options.hpp"
#include "nn/word_block.hpp"

namespace fovea::nn {

/// A stack of blocks with attention to the image. Weights: `image_projection` where there is one, `blocks.N`.
class CrossDecoder : public CaptionDecoder {
 public:
  DecoderOutput forward(const ImageMemory& memory, const at::Tensor& tokens, bool want_attention) override;
  std::unique_ptr<DecoderState> start(const ImageMemory& memory) override;
  at::Tensor step(DecoderState& state, const at::Tensor& tokens) override;

 protected:
  /// @param norms of the blocks
  CrossDecoder(const TextDecoderOptions& options, NormPlace norms);

  const TextDecoderOptions& options() const noexcept { return options_; }
  /// Adds a block. @param scale of products of queries and keys; 0: the usual one
  void add_block(double scale = 0);

  /// @param tokens int64 [..., T]   @param first position of the first of T   @return [..., T, D]
  virtual at::Tensor embed(const at::Tensor& tokens, std::int64_t first) = 0;
  /// [..., D] -> logits [..., V]
  virtual at::Tensor predict(const at::Tensor& x) = 0;

 private:
  std::vector<KeyValue> project_image(const ImageMemory& memory);

  TextDecoderOptions options_;
  NormPlace norms_;
  LinearLayer image_projection_{nullptr};
  std::shared_ptr<torch::nn::Module> list_;  // registers the blocks
  std::vector<WordBlock> blocks_;
};

}  // namespace fovea::nn
