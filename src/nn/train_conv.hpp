/// @file Convolution whose gradients are fast, too.
#pragma once

#include <array>
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace fovea::nn {

/// Steps of a convolution.
struct ConvSteps {
  std::int64_t stride = 1;
  std::array<std::int64_t, 2> padding{};  ///< zeros above and below, left and right
  std::int64_t groups = 1;
};

/// conv2d(x, weight, bias) in the type that autocast chooses, but for one kind: gradients of depthwise
/// convolutions with strides or kernels above 3x3 are slow in oneDNN's bfloat16 (that of the input, for [16, 720, 16,
/// 16], 5x5 and stride 2: 277 ms against 3 ms in float32 on one core of an AMD EPYC, LibTorch 2.15), so these are
/// computed in float32 where gradients are recorded, and the float32 copy of `x` is kept for them. The output is of the
/// type of `x`.
at::Tensor train_conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const ConvSteps& steps);

}  // namespace fovea::nn
