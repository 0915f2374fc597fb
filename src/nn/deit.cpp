#include "nn/deit.hpp"

#include <memory>

#include "nn/backbone_config.hpp"
#include "nn/timm_vision_transformer.hpp"
#include "nn/vision_config.hpp"
#include "nn/vision_encoder.hpp"
#include "nn/vit_family.hpp"

namespace fovea::nn {
namespace {

bool claims(const ForeignConfig& config) {
  return config.text("model_type", "") == "deit" || architecture_of(config).starts_with("deit");
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  if (naming_of(config) != Naming::hugging_face) return timm_vision_transformer(config, tensors);
  BackboneBlueprint result;
  auto options = read_vision_options(config, {.epsilon = 1e-12});
  options.query_key_value_bias = config.flag("qkv_bias", true);
  options.distillation_token = true;
  options.two_classifiers = has_prefix(tensors, "cls_classifier.");
  result.labels =
      classifier_labels(config, tensors, options.two_classifiers ? "cls_classifier.weight" : "classifier.weight");
  options.labels = static_cast<std::int64_t>(result.labels.size());
  result.independent_labels = has_independent_labels(config, result.labels);
  result.names = hugging_face_vit_names(tensors, has_prefix(tensors, "deit.") ? "deit." : "");
  if (options.two_classifiers) result.names.rules.push_back({.ours = "classifier.", .foreign = "cls_classifier."});
  const auto side = static_cast<int>(options.image_size);
  result.input = image::torchvision_transform(side * 8 / 7, side, image::Filter::bicubic);
  result.network = std::make_shared<VisionEncoder>(options);
  return result;
}

}  // namespace

BackboneFamily deit_family() {
  return {.name = "deit", .claims = claims, .blueprint = blueprint, .processor = ImageProcessor::deit};
}

}  // namespace fovea::nn
