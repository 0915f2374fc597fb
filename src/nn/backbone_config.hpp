/// @file What the configurations of all image encoders have in common: names, labels, preprocessing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "image/input_transform.hpp"
#include "nn/foreign_config.hpp"
#include "nn/weights.hpp"

namespace fovea::nn {

/// timm's or torchvision's `architecture` without timm's tag ("resnet50.a1_in1k" -> "resnet50"); empty where
/// `model_type` says that the configuration is Hugging Face's.
std::string architecture_of(const ForeignConfig& config);

/// @throws Error: unsupported, "'resnet50d' is not known; expected one of ..."
[[noreturn]] void refuse_architecture(const ForeignConfig& config, const std::string& architecture,
                                      const std::vector<std::string>& known);

/// Every variant that there is.
struct AnyVariant {
  template <typename Variant>
  bool operator()(const Variant&) const {
    return true;
  }
};

/// The one of a family's networks that has the `name` of the configuration's architecture.
/// @param offered whether a variant is one of the library that the configuration names
/// @throws Error: as refuse_architecture().
template <typename Variant, std::size_t N, typename Offered = AnyVariant>
const Variant& find_variant(const ForeignConfig& config, const std::array<Variant, N>& variants, Offered offered = {}) {
  const auto name = architecture_of(config);
  std::vector<std::string> known;
  for (const auto& variant : variants) {
    if (!offered(variant)) continue;
    if (name == variant.name) return variant;
    known.emplace_back(variant.name);
  }
  refuse_architecture(config, name, known);
}

/// A configuration of timm in the form of its newer releases: what the first ones wrote at the top about pixels is
/// below `pretrained_cfg`, `labels` are `label_names`. Others stay as they are.
ForeignConfig timm_form(const ForeignConfig& config);

/// Labels of a classifier: `id2label`, timm's `label_names`, else numbered: `num_labels` or `num_classes` of them, or
/// as many as the classifier has rows. Empty without a classifier.
/// @param weight name of the classifier's weight [labels, width] in the file
std::vector<std::string> classifier_labels(const ForeignConfig& config, const TensorMap& tensors,
                                           const std::string& weight);

/// Whether each label has a probability of its own: `problem_type` of Hugging Face says so, or there is only one.
/// @throws Error: unsupported, where the outputs are no labels but numbers (regression).
bool has_independent_labels(const ForeignConfig& config, const std::vector<std::string>& labels);

/// timm's preprocessing for evaluation: bicubic, ImageNet's mean and standard deviation.
/// @param crop_pct the part of the shorter side that is seen
image::InputTransform timm_transform(std::int64_t side, double crop_pct);

/// timm's `pretrained_cfg`; `otherwise` without one.
image::InputTransform timm_input(const ForeignConfig& config, const image::InputTransform& otherwise);

/// `published`, but for `resize_size` (the shorter side before the crop) and `interpolation` where the configuration
/// has them, as `fovea import` writes it.
image::InputTransform torchvision_input(const ForeignConfig& config, image::InputTransform published);

/// What the CNNs on Hugging Face were published with: the shorter side becomes 8/7 of the input, bicubic, ImageNet's
/// mean and standard deviation.
image::InputTransform hugging_face_cnn_input(int side);

/// @throws Error: unsupported, where timm's `model_args` change the network that `architecture` names.
void require_plain_model_args(const ForeignConfig& config);

}  // namespace fovea::nn
