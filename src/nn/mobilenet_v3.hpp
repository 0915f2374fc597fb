/// @file MobileNetV3 small and large (Howard et al. 2019) as torchvision and timm publish it.
#pragma once

#include <cstdint>

#include "nn/backbone_families.hpp"
#include "nn/mobile_backbone.hpp"

namespace fovea::nn {

/// Sizes of a MobileNetV3.
struct MobileNetV3Options {
  MobileBackboneOptions body;
  std::int64_t hidden = 1280;  ///< features between the two layers of the classifier
  std::int64_t labels = 0;
};

/// @param large or small   @param multiplier of the widths
MobileNetV3Options mobilenet_v3_options(bool large, double multiplier = 1);

/// Weights: `stem`, `blocks.N`, `head`, `hidden`, `classifier`.
class MobileNetV3 : public MobileBackbone {
 public:
  explicit MobileNetV3(const MobileNetV3Options& options);
  std::int64_t label_count() const noexcept override { return labels_; }
  at::Tensor classify(const at::Tensor& last) override;

 private:
  LinearLayer hidden_{nullptr};
  LinearLayer classifier_{nullptr};
  std::int64_t labels_;
};

/// "mobilenet_v3"
const BackboneFamily& mobilenet_v3_family();

}  // namespace fovea::nn
