#include "nn/classifier_model.hpp"

#include <map>
#include <utility>

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include "fovea/error.hpp"
#include "image/input_description.hpp"
#include "nn/backbone_config.hpp"
#include "nn/input_tensor.hpp"

namespace fovea::nn {
namespace {

/// "torchvision/resnet50", or the class of transformers.
std::string architecture_text(const ForeignConfig& config) {
  if (naming_of(config) == Naming::hugging_face) {
    const auto classes = config.texts("architectures", {});
    return classes.empty() ? config.text("model_type", "") : classes.front();
  }
  return (naming_of(config) == Naming::torchvision ? "torchvision/" : "timm/") + architecture_of(config);
}

}  // namespace

image::InputTransform stated_input(const ForeignFolder& folder, const BackboneFamily& family,
                                   const BackboneBlueprint& blueprint) {
  if (!family.processor) return blueprint.input;
  return read_preprocessing(folder.path(), *family.processor).value_or(blueprint.input);
}

OpenBackbone open_backbone(const ForeignFolder& folder, const BackboneFamily& family, const OpenOptions& options) {
  OpenBackbone open;
  auto tensors = folder.tensors();
  open.type = options.precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
  open.blueprint = family.blueprint(folder.config(), tensors);
  auto& network = *open.blueprint.network;
  open.blueprint.input = stated_input(folder, family, open.blueprint);
  check_input(network.shape(), open.blueprint.input, folder.path().string());
  load_foreign_weights(network, std::move(tensors), open.blueprint.names, open.type, folder.path().string());
  network.eval();
  open.info = folder.info(architecture_text(folder.config()));
  for (const auto& parameter : network.parameters()) open.info.parameters += parameter.numel();
  open.info.family = family.name;
  open.info.preprocessing =
      image::describe_view(open.blueprint.input) + "; " + image::describe_values(open.blueprint.input);
  open.info.input_width = open.blueprint.input.width;
  open.info.input_height = open.blueprint.input.height;
  network.pack();
  return open;
}

std::vector<std::string> distinct_labels(const std::vector<std::string>& labels) {
  std::map<std::string, int> count;
  for (const auto& label : labels) ++count[label];
  auto distinct = labels;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!labels[i].empty() && count[labels[i]] > 1) distinct[i] += " (" + std::to_string(i) + ")";
  }
  return distinct;
}

ClassifierModel::ClassifierModel(OpenBackbone backbone) : backbone_(std::move(backbone)) {
  explained_.network = backbone_.blueprint.network.get();
  const auto labels = distinct_labels(backbone_.blueprint.labels);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty()) continue;  // an output that was not trained
    explained_.outputs.push_back(static_cast<std::int64_t>(i));
    backbone_.info.labels.push_back(labels[i]);
  }
}

MarkingModel::Result ClassifierModel::run(const at::Tensor& rgb) const {
  const c10::InferenceMode inference;
  auto& network = *explained_.network;
  const bool transformer = network.shape().kind == BackboneKind::transformer;
  Result result;
  result.seen = network.forward(normalize(rgb, backbone_.blueprint.input).to(backbone_.type),
                                {.grids = transformer, .attention = false, .mean_attention = transformer});
  result.output.labels = network.classify(result.seen.last).to(at::kFloat);
  return result;
}

at::Tensor ClassifierModel::probabilities(const at::Tensor& labels) const {
  const auto all = explained_.network->probabilities(labels, backbone_.blueprint.independent_labels);
  return at::index_select(all, 1, at::tensor(explained_.outputs, at::kLong));
}

std::shared_ptr<const Model> open_backbone_model(const ForeignFolder& folder, const BackboneFamily& family,
                                                 const OpenOptions& options) {
  auto backbone = open_backbone(folder, family, options);
  if (backbone.blueprint.network->label_count() == 0) return std::make_shared<const EncoderModel>(std::move(backbone));
  return std::make_shared<const ClassifierModel>(std::move(backbone));
}

}  // namespace fovea::nn
