/// @file What a highlighting model's caption decoder looks at.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "nn/caption_decoder.hpp"
#include "nn/vit.hpp"

namespace fovea::nn {

/// Tokens of the image that know where they lie, what is marked of them, and what the heads have found as a whole
/// (labels; size, centre and extent of what is marked and of its main part), so that the text says what the maps show.
class CaptionStemImpl : public torch::nn::Module {
 public:
  CaptionStemImpl(std::int64_t width, std::int64_t grid_size, std::int64_t labels);
  /// @param heat logits [B, 1, h, w], float32: 0 at the border of what is marked
  /// @param labels logits [B, labels], float32; undefined without labels
  ImageMemory forward(const ImageMemory& memory, const at::Tensor& heat, const at::Tensor& labels);

 private:
  GridPositions positions_{nullptr};
  torch::nn::Linear heat_{nullptr};
  torch::nn::Linear expand_{nullptr};
  torch::nn::Linear project_{nullptr};
};
TORCH_MODULE(CaptionStem);

/// The connected part of a map of probabilities [B, h, w] with the largest peak, the map smoothed over an eighth of its
/// side: the same map as far as w steps from the peak, 0 elsewhere (morphological reconstruction, Vincent 1993,
/// https://doi.org/10.1109/83.217222).
at::Tensor main_part(const at::Tensor& map);

/// Area, centre, extent and elongation of a map of probabilities [B, h, w], each about 1 in size: [B, kMapMoments].
constexpr std::int64_t kMapMoments = 6;
at::Tensor map_moments(const at::Tensor& map);

}  // namespace fovea::nn
