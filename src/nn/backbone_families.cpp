#include "nn/backbone_families.hpp"

#include <array>

#include "fovea/error.hpp"

namespace fovea::nn {

std::span<const BackboneFamily> backbone_families() {
  static const std::vector<BackboneFamily> families{};
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

at::Tensor Backbone::classify(const at::Tensor&) {
  throw Error(ErrorCode::internal, "a backbone without a classifier was asked for labels");
}

}  // namespace fovea::nn
