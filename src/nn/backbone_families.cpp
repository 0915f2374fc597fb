#include "nn/backbone_families.hpp"

#include "nn/convnext.hpp"
#include "nn/densenet.hpp"
#include "nn/mobilenet_v2_backbone.hpp"
#include "nn/mobilenet_v3.hpp"
#include "nn/resnet.hpp"
#include "nn/torchxrayvision.hpp"

namespace fovea::nn {

std::span<const BackboneFamily> backbone_families() {
  static const std::vector<BackboneFamily> families{resnet_family(),          densenet_family(),
                                                    torchxrayvision_family(), mobilenet_v2_family(),
                                                    mobilenet_v3_family(),    convnext_family()};
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
