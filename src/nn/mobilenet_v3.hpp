/// @file MobileNetV3 small and large (Howard et al. 2019) as torchvision and timm publish it.
#pragma once

#include <cstdint>
#include <vector>

#include "nn/backbone_families.hpp"
#include "nn/mobile_block.hpp"

namespace fovea::nn {

/// Sizes of a MobileNetV3, in the order of the network.
struct MobileNetV3Options {
  std::int64_t stem = 16;
  std::vector<MobileBlockOptions> blocks;
  std::vector<std::size_t> grid_blocks;  ///< blocks whose outputs are the grids at strides 4, 8 and 16
  std::int64_t head = 960;               ///< features of the last grid
  std::int64_t hidden = 1280;            ///< features between the two layers of the classifier
  std::int64_t labels = 0;
};

/// @param large or small   @param multiplier of the widths
MobileNetV3Options mobilenet_v3_options(bool large, double multiplier = 1);

/// Weights: `stem`, `blocks.N`, `head`, `hidden`, `classifier`.
class MobileNetV3 : public Backbone {
 public:
  explicit MobileNetV3(const MobileNetV3Options& options);
  BackboneOutput forward(const at::Tensor& pixels, const BackboneWants& wants) override;
  std::int64_t label_count() const noexcept override { return labels_; }
  at::Tensor classify(const at::Tensor& last) override;

 private:
  ConvUnit stem_{nullptr};
  std::vector<MobileBlock> blocks_;
  std::vector<std::size_t> grid_blocks_;
  ConvUnit head_{nullptr};
  LinearLayer hidden_{nullptr};
  LinearLayer classifier_{nullptr};
  std::int64_t labels_;
};

/// "mobilenet_v3"
const BackboneFamily& mobilenet_v3_family();

}  // namespace fovea::nn
