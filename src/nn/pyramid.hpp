/// @file The grids of an encoder that heads stand on, and what an encoder declares of them.
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/backbone.hpp"

namespace fovea::nn {

/// The grids that tokens are made of. Channels and strides are those of the encoder's PyramidLayout; MobileNetV2's:
struct GridFeatures {
  at::Tensor fine;    ///< [B, 96, H/16, W/16]: linear output of block 12 (torchvision's features.13)
  at::Tensor coarse;  ///< [B, 1280, H/32, W/32]: the last convolution (features.18)
};

/// The grids of all scales that a dense head works on. MobileNetV2's:
struct PyramidFeatures {
  at::Tensor quarter;  ///< [B, 24, H/4, W/4]: output of block 2 (features.3)
  at::Tensor eighth;   ///< [B, 32, H/8, W/8]: output of block 5 (features.6)
  GridFeatures grids;
};

/// Strides and channels of the grids. A plain vision transformer has one grid, which stands for all four of them (the
/// simple feature pyramid of Li et al. 2022, "Exploring Plain Vision Transformer Backbones for Object Detection", arXiv
/// 2203.16527: the heads stretch it where a finer one is needed).
struct PyramidLayout {
  GridLevel quarter;
  GridLevel eighth;
  GridLevel fine;
  GridLevel coarse;
  bool one_grid = false;
};

}  // namespace fovea::nn
