/// @file Heads of the highlighting model: a heat map from grids of several scales, and labels of the whole image.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>

#include "fovea/nn/attention.hpp"
#include "nn/caption_decoder.hpp"
#include "nn/dropout.hpp"
#include "nn/pyramid.hpp"

namespace fovea::nn {

/// Sizes of the heads.
struct DenseHeadOptions {
  std::array<std::int64_t, 3> widths{128, 96, 48};  ///< channels of the token grid, and of it doubled once and twice
                                                    ///< (strides 16, 8 and 4); multiples of 8
  double dropout = 0.1;
  double label_dropout = 0.3;  ///< of the label head, which has the fewest examples
};

/// A feature pyramid (Lin et al. 2017, "Feature Pyramid Networks"): the backbone's tokens are spread over their grid,
/// doubled twice, and each time the encoder's grid of that scale is added and the sum convolved. The one grid of a
/// plain vision transformer is stretched to each scale (PyramidLayout), after it is projected: the same numbers for
/// less work.
class DenseHeadImpl : public torch::nn::Module {
 public:
  DenseHeadImpl(std::int64_t token_width, const DenseHeadOptions& options, const PyramidLayout& layout);
  /// @return logits [B, 1, h, w], four times as fine as the tokens' grid: H/4 and W/4 where that is at stride 16
  at::Tensor forward(const ImageMemory& memory, const PyramidFeatures& pyramid);

 private:
  /// Convolution 3 x 3, group norm, ReLU.
  class FuseImpl : public torch::nn::Module {
   public:
    FuseImpl(std::int64_t in, std::int64_t out);
    at::Tensor forward(const at::Tensor& x);

   private:
    torch::nn::Conv2d conv_{nullptr};
    torch::nn::GroupNorm norm_{nullptr};
  };
  TORCH_MODULE(Fuse);

  torch::nn::Conv2d top_{nullptr};
  std::vector<torch::nn::Conv2d> laterals_;  // stride 8, stride 4
  std::vector<Fuse> fuses_;                  // strides 16, 8, 4
  torch::nn::Conv2d logits_{nullptr};
  double dropout_ = 0;
  bool one_grid_ = false;
};
TORCH_MODULE(DenseHead);

/// Labels of an image: what soft attention with a learned query picks out of its tokens (Bahdanau et al. 2015), the
/// mean of the tokens under the heat map, the mean of the encoder's last grid, and how hot the map is.
class LabelHeadImpl : public torch::nn::Module {
 public:
  LabelHeadImpl(std::int64_t token_width, std::int64_t labels, double dropout, const PyramidLayout& layout);
  /// @param coarse the encoder's last grid   @param heat logits [B, 1, h, w], h and w multiples of the token grid's
  /// @return logits [B, labels]
  at::Tensor forward(const ImageMemory& memory, const at::Tensor& coarse, const at::Tensor& heat);

 private:
  at::Tensor query_;  // [1, 1, D]
  AdditiveAttention attention_{nullptr};
  torch::nn::Linear coarse_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  Dropout dropout_{nullptr};
  torch::nn::Linear logits_{nullptr};
};
TORCH_MODULE(LabelHead);

}  // namespace fovea::nn
