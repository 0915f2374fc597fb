/// @file What MobileNets and EfficientNets have in common: a stem, mobile blocks, and a 1x1 convolution as the last
/// grid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "nn/backbone.hpp"
#include "nn/mobile_block.hpp"

namespace fovea::nn {

/// Sizes of a MobileBackbone, in the order of the network.
struct MobileBackboneOptions {
  std::int64_t stem = 32;
  std::vector<MobileBlockOptions> blocks;
  std::vector<std::size_t> grid_blocks;       ///< blocks whose outputs are the grids at strides 4, 8 and 16
  std::int64_t head = 1280;                   ///< features of the last grid, at stride 32
  Activation activation = Activation::relu6;  ///< of stem and head
  Padding padding = Padding::half;            ///< of the stem
  std::int64_t input = 224;                   ///< pixels of a side that the network was made for
};

/// Weights: `stem`, `blocks.N`, `head`.
class MobileBackbone : public Backbone {
 public:
  explicit MobileBackbone(const MobileBackboneOptions& options);
  BackboneOutput forward(const at::Tensor& pixels, const BackboneWants& wants) override;
  std::vector<at::Tensor> stem_weights() const override;

 private:
  ConvUnit stem_{nullptr};
  std::vector<MobileBlock> blocks_;
  std::vector<std::size_t> grid_blocks_;
  ConvUnit head_{nullptr};
};

}  // namespace fovea::nn
