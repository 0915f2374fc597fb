#include "nn/backbone_config.hpp"

#include <cmath>
#include <cstdint>
#include <utility>

#include "fovea/error.hpp"
#include "nn/backbone_families.hpp"
#include "nn/preprocessor_config.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kMaxLabels = 1 << 20;
constexpr std::int64_t kLargestResize = 1 << 14;

/// Keys of `pretrained_cfg` that say how pixels are made.
constexpr std::array kPixelKeys{"input_size", "mean", "std", "interpolation", "crop_pct", "crop_mode"};

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

ForeignConfig timm_form(const ForeignConfig& config) {
  if (naming_of(config) != Naming::timm) return config;
  auto json = config.json();
  const auto move_to = [](text::OrderedJson& to, const char* name, text::OrderedJson& from, const char* key) {
    const auto found = from.find(key);
    if (found == from.end()) return;
    auto value = *found;
    from.erase(found);
    to[name] = std::move(value);
  };
  if (config.has("pretrained_cfg")) {
    if (!config.has("label_names")) {
      auto published = config.child("pretrained_cfg").json();
      move_to(json, "label_names", published, "label_names");
    }
    return {json, config.source()};
  }
  text::OrderedJson published = text::OrderedJson::object();
  for (const char* key : kPixelKeys) move_to(published, key, json, key);
  if (!published.empty()) json["pretrained_cfg"] = published;
  move_to(json, "label_names", json, "labels");
  return {json, config.source()};
}

std::vector<std::string> classifier_labels(const ForeignConfig& config, const TensorMap& tensors,
                                           const std::string& weight) {
  const auto found = tensors.find(weight);
  if (found == tensors.end() || found->second.dim() == 0) return {};
  auto labels = timm_form(config).labels();
  if (!labels.empty()) return labels;
  const auto rows = found->second.size(0);
  const auto count = config.integer("num_classes", rows, 0, kMaxLabels);
  if (count > kMaxLabels) config.fail("the classifier '" + weight + "' has " + std::to_string(count) + " labels");
  for (std::int64_t i = 0; i < count; ++i) labels.push_back("LABEL_" + std::to_string(i));
  return labels;
}

bool has_independent_labels(const ForeignConfig& config, const std::vector<std::string>& labels) {
  const auto type = config.text("problem_type", "");
  if (type == "regression" && !labels.empty()) {
    throw Error(ErrorCode::unsupported, config.source() +
                                            ": 'problem_type' is 'regression', whose outputs are numbers; Fovea only "
                                            "knows classifiers, whose outputs are labels");
  }
  // The softmax of one output would be 1 for every image.
  return type == "multi_label_classification" || labels.size() == 1;
}

image::InputTransform timm_transform(std::int64_t side, double crop_pct) {
  const auto resized = std::floor(static_cast<double>(side) / crop_pct);
  return image::torchvision_transform(static_cast<int>(resized), static_cast<int>(side), image::Filter::bicubic);
}

image::InputTransform timm_input(const ForeignConfig& config, const image::InputTransform& otherwise) {
  const auto whole = timm_form(config);
  if (!whole.has("pretrained_cfg")) return otherwise;
  return parse_timm_config(whole.json().dump(), whole.source());
}

image::InputTransform torchvision_input(const ForeignConfig& config, image::InputTransform published) {
  published.shortest_edge = static_cast<int>(config.integer("resize_size", published.shortest_edge, 1, kLargestResize));
  if (!config.has("interpolation")) return published;
  const auto name = config.text("interpolation", "");
  if (name != "bilinear" && name != "bicubic") {
    config.fail("'interpolation' is '" + name + "', expected 'bilinear' or 'bicubic'");
  }
  published.filter = name == "bicubic" ? image::Filter::bicubic : image::Filter::bilinear;
  return published;
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
