/// @file MobileNetV2 for inference: convolution, bias, ReLU6 and residual sum fused by oneDNN, weights prepacked.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "nn/mobilenet_v2.hpp"
#include "nn/packed_conv.hpp"

namespace fovea::nn {

/// A copy of a MobileNetV2's weights that runs twice as fast and has no gradients. Immutable, thread-safe.
class PackedMobileNetV2 {
 public:
  /// @param type at::kFloat or at::kBFloat16   @param size of the square input, a multiple of 32
  PackedMobileNetV2(const MobileNetV2Impl& network, at::ScalarType type, std::int64_t size);

  /// 8-bit RGB [B, size, size, 3] -> the grids of MobileNetV2, in `type`. Works through the batch in pieces that stay
  /// in the processor's cache.
  GridFeatures forward(const at::Tensor& rgb) const { return pyramid(rgb).grids; }
  /// The same with the grids below.
  PyramidFeatures pyramid(const at::Tensor& rgb) const;

  /// The output of the first `blocks` blocks only: what MobileNetV2Impl::forward_from() goes on from.
  at::Tensor prefix(const at::Tensor& rgb, std::size_t blocks) const;

 private:
  struct Block {
    std::vector<PackedConv> convs;  // expand (unless the expansion is 1), depthwise, project
    bool residual = false;
    at::Tensor operator()(const at::Tensor& x) const;
  };
  at::Tensor stem(const at::Tensor& rgb) const;

  at::ScalarType type_;
  std::vector<PackedConv> ends_;  // stem, head
  std::vector<Block> blocks_;
};

}  // namespace fovea::nn
