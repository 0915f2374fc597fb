/// @file EfficientNet B0 to B8 (Tan and Le 2019) and EfficientNet-Lite 0 to 4 (Google 2020, without squeeze and excite)
/// as torchvision and timm publish them.
#pragma once

#include <cstdint>
#include <vector>

#include "nn/backbone_families.hpp"
#include "nn/mobile_backbone.hpp"

namespace fovea::nn {

/// Sizes of an EfficientNet.
struct EfficientNetOptions {
  MobileBackboneOptions body;
  std::vector<std::int64_t> repeats;  ///< blocks of each of the seven stages
  std::int64_t labels = 0;
};

/// How the sizes follow from B0's (the paper's equation 3).
struct EfficientNetScale {
  double width = 1;
  double depth = 1;
  bool lite = false;  ///< ReLU6, no squeeze and excite; stem, head and the depth of the first and last stage stay
  Padding padding = Padding::half;
};
EfficientNetOptions efficientnet_options(const EfficientNetScale& scale);

/// Weights: `stem`, `blocks.N`, `head`, `classifier`.
class EfficientNet : public MobileBackbone {
 public:
  explicit EfficientNet(const EfficientNetOptions& options);
  std::int64_t label_count() const noexcept override { return labels_; }
  at::Tensor classify(const at::Tensor& last) override;

 private:
  LinearLayer classifier_{nullptr};
  std::int64_t labels_;
};

/// "efficientnet"
const BackboneFamily& efficientnet_family();

}  // namespace fovea::nn
