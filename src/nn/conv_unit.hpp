/// @file The step that CNNs are made of: convolution, bias (with the batch norm folded in), activation.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "nn/layers.hpp"
#include "nn/packed_conv.hpp"

namespace fovea::nn {

/// Zeros around the input of a convolution.
enum class Padding {
  half,  ///< kernel / 2 on every side
  none,
  same,  ///< TensorFlow's: output = input / stride, rounded up; the odd zero comes after
};

/// Sizes of a ConvUnit.
struct ConvUnitOptions {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t groups = 1;
  Padding padding = Padding::half;
  std::optional<Activation> activation{};
  bool bias = true;
};

/// activation(conv(x)). Weights: `weight` [out, in / groups, kernel, kernel], `bias` [out].
class ConvUnitImpl : public torch::nn::Module {
 public:
  explicit ConvUnitImpl(const ConvUnitOptions& options);
  /// [B, in, H, W] -> [B, out, H', W']; fast in channels-last memory
  at::Tensor forward(const at::Tensor& x);
  /// activation(conv(x) + other)
  at::Tensor forward_plus(const at::Tensor& x, const at::Tensor& other);

  const at::Tensor& weight() const noexcept { return weight_; }

  /// From now on forward() notes the sizes of its input. Not thread-safe.
  void begin_packing();
  /// As Backbone::pack(), for inputs of the size that was noted, if there was one.
  void pack();

 private:
  /// Whether the packed weights serve: there are some, and no gradient is asked for.
  bool is_fast(const at::Tensor& x) const;
  at::Tensor convolve(const at::Tensor& x);
  at::Tensor activated(const at::Tensor& y) const;

  ConvUnitOptions options_;
  at::Tensor weight_;
  at::Tensor bias_;                                       // undefined without one
  std::optional<std::vector<std::int64_t>> usual_input_;  // while packing
  std::optional<PackedConv> packed_;
};
TORCH_MODULE(ConvUnit);

}  // namespace fovea::nn
