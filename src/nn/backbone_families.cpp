#include "nn/backbone_families.hpp"

#include "nn/clip_vision.hpp"
#include "nn/convnext.hpp"
#include "nn/deit.hpp"
#include "nn/densenet.hpp"
#include "nn/dinov2.hpp"
#include "nn/mobilenet_v2_backbone.hpp"
#include "nn/mobilenet_v3.hpp"
#include "nn/resnet.hpp"
#include "nn/torchxrayvision.hpp"
#include "nn/vit_family.hpp"

namespace fovea::nn {

std::span<const BackboneFamily> backbone_families() {
  static const std::vector<BackboneFamily> families{
      resnet_family(),       densenet_family(),     torchxrayvision_family(),
      mobilenet_v2_family(), mobilenet_v3_family(), convnext_family(),
      vit_family(),          deit_family(),         dinov2_family(),
      clip_vision_family()};
  return families;
}

const BackboneFamily* find_backbone_family(const ForeignConfig& config) {
  for (const auto& family : backbone_families()) {
    if (family.claims(config)) return &family;
  }
  return nullptr;
}

Naming naming_of(const ForeignConfig& config) {
  if (config.has("model_type")) return Naming::hugging_face;
  return config.text("library", "timm") == "torchvision" ? Naming::torchvision : Naming::timm;
}

}  // namespace fovea::nn
