/// @file A linear layer in oneDNN's own weight layout: faster than the plain one from a few rows on.
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "nn/layers.hpp"

namespace fovea::nn {

/// Immutable, thread-safe. Has no gradients.
class PackedLinear {
 public:
  /// @param weight [out, in], of the type of the inputs to come   @param bias [out] or undefined
  PackedLinear(const at::Tensor& weight, const at::Tensor& bias);

  /// activation(x W^T + b), the activation computed on the way. [..., in] -> [..., out]
  at::Tensor operator()(const at::Tensor& x, std::optional<Activation> activation = std::nullopt) const;

  /// Whether this machine multiplies weights of this type so.
  static bool is_supported(const at::Tensor& weight);

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

}  // namespace fovea::nn
