/// @file What the configurations of all image encoders have in common: names, labels, preprocessing.
#pragma once

#include <string>
#include <string_view>
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

/// Labels of a classifier: `id2label`, timm's `label_names`, else numbered: `num_labels` or `num_classes` of them, or
/// as many as the classifier has rows. Empty without a classifier.
/// @param weight name of the classifier's weight [labels, width] in the file
std::vector<std::string> classifier_labels(const ForeignConfig& config, const TensorMap& tensors,
                                           const std::string& weight);

/// Whether each label has a probability of its own (`problem_type` of Hugging Face).
bool has_independent_labels(const ForeignConfig& config);

/// timm's `pretrained_cfg`; `otherwise` without one.
image::InputTransform timm_input(const ForeignConfig& config, const image::InputTransform& otherwise);

/// What the CNNs on Hugging Face were published with: the shorter side becomes 8/7 of the input, bicubic, ImageNet's
/// mean and standard deviation.
image::InputTransform hugging_face_cnn_input(int side);

/// @throws Error: unsupported, where timm's `model_args` change the network that `architecture` names.
void require_plain_model_args(const ForeignConfig& config);

}  // namespace fovea::nn
