/// @file MobileNetV2 (Sandler et al. 2018) as Hugging Face, torchvision and timm publish it. The encoder of this
/// project's own models is MobileNetV2 (nn/mobilenet_v2.hpp).
#pragma once

#include <cstdint>

#include "nn/backbone_families.hpp"
#include "nn/mobile_backbone.hpp"

namespace fovea::nn {

/// Sizes of a MobileNetV2Backbone.
struct MobileNetV2Options {
  MobileBackboneOptions body;  ///< its blocks: the 17 of the paper's table 2
  std::int64_t labels = 0;
};

/// How the sizes follow from the paper's table.
struct MobileNetV2Scale {
  double multiplier = 1;
  std::int64_t divisor = 8;
  std::int64_t least = 8;
  double expansion = 6;
  bool fixed_head = true;     ///< the head keeps 1280 features where the multiplier is below 1
  bool whole_widths = false;  ///< scaled widths are rounded to whole numbers before they are rounded to multiples
};
MobileNetV2Options mobilenet_v2_options(const MobileNetV2Scale& scale);

/// Weights: `stem`, `blocks.0` to `blocks.16`, `head`, `classifier`.
class MobileNetV2Backbone : public MobileBackbone {
 public:
  explicit MobileNetV2Backbone(const MobileNetV2Options& options);
  std::int64_t label_count() const noexcept override { return labels_; }
  at::Tensor classify(const at::Tensor& last) override;

 private:
  LinearLayer classifier_{nullptr};
  std::int64_t labels_;
};

/// "mobilenet_v2"
const BackboneFamily& mobilenet_v2_family();

}  // namespace fovea::nn
