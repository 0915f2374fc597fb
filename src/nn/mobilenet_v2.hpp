/// @file MobileNetV2 (Sandler et al. 2018) with batch norm folded into the convolutions.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "nn/pyramid.hpp"

namespace fovea::nn {

/// A convolution with bias, TensorFlow SAME padding and optional ReLU6.
struct ConvOptions {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t groups = 1;
  bool relu6 = true;
};

class ConvImpl : public torch::nn::Module {
 public:
  explicit ConvImpl(const ConvOptions& options);
  at::Tensor forward(const at::Tensor& x);

  const ConvOptions& options() const noexcept { return options_; }
  const at::Tensor& weight() const noexcept { return weight_; }
  const at::Tensor& bias() const noexcept { return bias_; }

 private:
  ConvOptions options_;
  at::Tensor weight_;  // [out, in / groups, kernel, kernel]
  at::Tensor bias_;    // [out]
};
TORCH_MODULE(Conv);

/// Inverted residual: expand, depthwise, project; the input is added where stride is 1 and sizes agree.
class InvertedResidualImpl : public torch::nn::Module {
 public:
  InvertedResidualImpl(std::int64_t in, std::int64_t out, std::int64_t stride, std::int64_t expansion);
  at::Tensor forward(const at::Tensor& x);

  /// In order: expand (unless the expansion is 1), depthwise, project.
  std::vector<Conv> convs() const;
  bool residual() const noexcept { return residual_; }

 private:
  Conv expand_{nullptr};  // null where the expansion is 1
  Conv depthwise_{nullptr};
  Conv project_{nullptr};
  bool residual_ = false;
};
TORCH_MODULE(InvertedResidual);

/// MobileNetV2 1.0 without its classifier. Weights: `stem`, `blocks.0` to `blocks.16`, `head`.
class MobileNetV2Impl : public torch::nn::Module {
 public:
  static constexpr std::int64_t kFineChannels = 96;
  static constexpr std::int64_t kCoarseChannels = 1280;
  static constexpr std::size_t kBlocks = 17;
  static constexpr std::size_t kFineBlocks = 13;  ///< blocks up to the fine grid, the last one at stride 16
  static constexpr std::int64_t kQuarterChannels = 24;
  static constexpr std::size_t kQuarterBlocks = 3;  ///< blocks up to the grid at stride 4
  static constexpr std::int64_t kEighthChannels = 32;
  static constexpr std::size_t kEighthBlocks = 6;  ///< blocks up to the grid at stride 8
  static constexpr std::int64_t kFineStride = 16;
  static constexpr std::int64_t kCoarseStride = 32;

  MobileNetV2Impl();

  /// @param pixels [B, 3, H, W] from normalise(); H and W multiples of 32.
  GridFeatures forward(const at::Tensor& pixels);
  /// The same with the grids below.
  PyramidFeatures pyramid(const at::Tensor& pixels);
  /// The same from block `first` (at most kQuarterBlocks) on. @param x output of the block before
  PyramidFeatures pyramid_from(const at::Tensor& x, std::size_t first);
  /// The blocks from number `first` (at most kFineBlocks) on, and the head. @param x output of the block before
  GridFeatures forward_from(const at::Tensor& x, std::size_t first);

  const Conv& stem() const noexcept { return stem_; }
  const std::vector<InvertedResidual>& blocks() const noexcept { return blocks_; }
  const Conv& head() const noexcept { return head_; }
  /// Weights of the stem and the blocks up to the grid at stride 4.
  std::vector<at::Tensor> stem_weights() const;

  /// 8-bit RGB [B, H, W, 3] -> float32 [B, 3, H, W] in channels-last memory, x / 127.5 - 1.
  static at::Tensor normalise(const at::Tensor& rgb);

 private:
  Conv stem_{nullptr};
  std::vector<InvertedResidual> blocks_;
  Conv head_{nullptr};
};
TORCH_MODULE(MobileNetV2);

/// Name in this module of a weight under torchvision's name ("features.3.conv.1.0.weight" ->
/// "blocks.2.depthwise.weight"); empty for the classifier's.
/// @throws Error: model for a name that is not MobileNetV2's.
std::string mobilenet_v2_name(const std::string& torchvision_name);

}  // namespace fovea::nn
