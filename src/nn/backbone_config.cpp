#include "nn/backbone_config.hpp"

#include <cstdint>

#include "fovea/error.hpp"
#include "nn/preprocessor_config.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kMaxLabels = 1 << 20;

}  // namespace

std::string architecture_of(const ForeignConfig& config) {
  if (config.has("model_type")) return {};
  const auto name = config.text("architecture", "");
  return name.substr(0, name.find('.'));
}

void refuse_architecture(const ForeignConfig& config, const std::string& architecture,
                         const std::vector<std::string>& known) {
  std::string names;
  for (const auto& name : known) names += (names.empty() ? "" : ", ") + name;
  throw Error(ErrorCode::unsupported,
              config.source() + ": the architecture '" + architecture + "' is not known; expected one of " + names);
}

std::vector<std::string> classifier_labels(const ForeignConfig& config, const TensorMap& tensors,
                                           const std::string& weight) {
  const auto found = tensors.find(weight);
  if (found == tensors.end() || found->second.dim() == 0) return {};
  auto labels = config.labels();
  if (!labels.empty()) return labels;
  const auto rows = found->second.size(0);
  const auto count = config.integer("num_classes", rows, 0, kMaxLabels);
  if (count > kMaxLabels) config.fail("the classifier '" + weight + "' has " + std::to_string(count) + " labels");
  for (std::int64_t i = 0; i < count; ++i) labels.push_back("LABEL_" + std::to_string(i));
  return labels;
}

bool has_independent_labels(const ForeignConfig& config) {
  return config.text("problem_type", "") == "multi_label_classification";
}

image::InputTransform timm_input(const ForeignConfig& config, const image::InputTransform& otherwise) {
  if (!config.has("pretrained_cfg")) return otherwise;
  return parse_timm_config(config.json().dump(), config.source());
}

image::InputTransform hugging_face_cnn_input(int side) {
  auto input = image::torchvision_transform(side * 8 / 7, side, image::Filter::bicubic);
  input.centre = image::CentreRule::down;
  return input;
}

void require_plain_model_args(const ForeignConfig& config) {
  const auto arguments = config.child("model_args");
  for (const auto& [name, value] : arguments.json().items()) {
    if (name == "num_classes" || name == "img_size") continue;
    throw Error(ErrorCode::unsupported, arguments.source() + ": '" + name + "' is " + value.dump() +
                                            "; Fovea only knows the architectures as timm names them");
  }
}

}  // namespace fovea::nn
