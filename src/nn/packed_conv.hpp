/// @file A convolution in oneDNN's own weight layout: convolution, bias, activation and sum in one operator.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "nn/layers.hpp"

namespace fovea::nn {

/// Of a PackedConv.
struct PackedConvOptions {
  std::int64_t stride = 1;
  std::int64_t padding = 0;  ///< zeros on every side
  std::int64_t groups = 1;
  std::optional<Activation> activation{};      ///< one that is_fused()
  std::vector<std::int64_t> usual_input = {};  ///< [B, in, H, W] to choose the layout for; other sizes may be slower
};

/// Immutable, thread-safe. Has no gradients.
class PackedConv {
 public:
  /// @param weight [out, in / groups, k, k], of the type of the inputs to come   @param bias [out] or undefined
  PackedConv(const at::Tensor& weight, const at::Tensor& bias, const PackedConvOptions& options);

  /// activation(conv(x)); x in channels-last memory
  at::Tensor operator()(const at::Tensor& x) const;
  /// activation(conv(x) + other); the activation is ReLU or none
  at::Tensor add(const at::Tensor& x, const at::Tensor& other) const;

  /// Whether oneDNN computes an activation while it convolves.
  static bool is_fused(Activation activation);

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  PackedConvOptions options_;
};

}  // namespace fovea::nn
