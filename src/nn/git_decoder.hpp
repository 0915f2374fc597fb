/// @file The decoder of GIT (Wang et al. 2022, "GIT: A Generative Image-to-text Transformer for Vision and Language"),
/// as transformers' GitForCausalLM has it: words after the tokens of the image, in one stack with self-attention only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/caption_decoder.hpp"
#include "nn/foreign_config.hpp"
#include "nn/layers.hpp"
#include "nn/name_map.hpp"
#include "nn/text_decoder_options.hpp"
#include "nn/word_block.hpp"

namespace fovea::nn {

/// Sizes of a GitDecoder.
struct GitDecoderOptions {
  TextDecoderOptions text{};
  double image_epsilon = 1e-5;  ///< of the norm behind the projection of the image's tokens
};

/// The whole config.json of a model of images (those of videos are refused). @param image_width of its vision encoder
/// @throws Error: model or unsupported, naming the key.
GitDecoderOptions read_git_config(const ForeignConfig& config, std::int64_t image_width);

/// Where the weights are found. @param tensors only names count
NameMap git_decoder_names(const GitDecoderOptions& options, const TensorMap& tensors);

/// The decoder. The image's tokens see each other only, so that their keys and values are computed once; a word sees
/// them and the words before. DecoderOutput::attention is the part of a word's self-attention that goes to the image,
/// divided by its sum: how much goes to words is not told.
class GitDecoderImpl : public CaptionDecoder {
 public:
  explicit GitDecoderImpl(const GitDecoderOptions& options);

  DecoderOutput forward(const ImageMemory& memory, const at::Tensor& tokens, bool want_attention) override;
  std::unique_ptr<DecoderState> start(const ImageMemory& memory) override;
  at::Tensor step(DecoderState& state, const at::Tensor& tokens) override;

 private:
  /// Keys and values of the image's tokens in every block.
  std::vector<KeyValue> read_image(const ImageMemory& memory);
  /// @param tokens int64 [..., T]   @param first position of the first of T   @return [..., T, D]
  at::Tensor embed(const at::Tensor& tokens, std::int64_t first);

  GitDecoderOptions options_;
  LinearLayer image_projection_{nullptr};
  NormLayer image_norm_{nullptr};
  EmbeddingLayer words_{nullptr};
  EmbeddingLayer positions_{nullptr};
  NormLayer embedding_norm_{nullptr};
  std::vector<WordBlock> blocks_;
  LinearLayer vocabulary_{nullptr};
};
TORCH_MODULE(GitDecoder);

}  // namespace fovea::nn
