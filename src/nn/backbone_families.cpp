#include "nn/backbone_families.hpp"

#include "fovea/error.hpp"
#include "nn/clip_vision.hpp"
#include "nn/convnext.hpp"
#include "nn/deit.hpp"
#include "nn/densenet.hpp"
#include "nn/dinov2.hpp"
#include "nn/efficientnet.hpp"
#include "nn/mobilenet_v2_backbone.hpp"
#include "nn/mobilenet_v3.hpp"
#include "nn/resnet.hpp"
#include "nn/torchxrayvision.hpp"
#include "nn/vit_family.hpp"

namespace fovea::nn {
namespace {

std::string size_text(std::int64_t width, std::int64_t height) {
  return std::to_string(width) + " x " + std::to_string(height);
}

}  // namespace

void check_input(const BackboneShape& shape, const image::InputTransform& input, const std::string& source) {
  if (shape.kind == BackboneKind::cnn) return;
  const auto stride = shape.levels.back().stride;
  const bool fits = shape.any_size ? input.width % stride == 0 && input.height % stride == 0
                                   : input.width == shape.input_width && input.height == shape.input_height;
  if (fits) return;
  throw Error(ErrorCode::model, source + ": its preprocessing makes images of " + size_text(input.width, input.height) +
                                    " pixels, but the network takes " +
                                    (shape.any_size ? "multiples of " + std::to_string(stride)
                                                    : size_text(shape.input_width, shape.input_height)));
}

std::span<const BackboneFamily> backbone_families() {
  static const std::vector<BackboneFamily> families{
      resnet_family(),       densenet_family(),     torchxrayvision_family(), mobilenet_v2_family(),
      mobilenet_v3_family(), efficientnet_family(), convnext_family(),        vit_family(),
      deit_family(),         dinov2_family(),       clip_vision_family()};
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
