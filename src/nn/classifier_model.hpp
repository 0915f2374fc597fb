/// @file Folders of the families of backbone_families.hpp: image encoders, and classifiers where one comes with them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/backbone_families.hpp"
#include "nn/foreign_folder.hpp"
#include "nn/marking_model.hpp"

namespace fovea::nn {

/// A backbone with its weights, ready to run.
struct OpenBackbone {
  BackboneBlueprint blueprint;  ///< `input` is the folder's own preprocessing where it states one
  at::ScalarType type = at::kFloat;
  ModelInfo info;
};

/// What a folder says of its pixels; as published where it says nothing. @throws Error: io, model.
image::InputTransform stated_input(const ForeignFolder& folder, const BackboneFamily& family,
                                   const BackboneBlueprint& blueprint);

/// @throws Error: io, corrupt, unsupported, model (tensors that are missing, unexpected or misshaped; preprocessing
/// that
///         makes pixels that the network does not take).
OpenBackbone open_backbone(const ForeignFolder& folder, const BackboneFamily& family, const OpenOptions& options);

/// Names for people: a label that comes twice gets its number among the classifier's outputs, "crane (517)".
std::vector<std::string> distinct_labels(const std::vector<std::string>& labels);

/// A backbone without a classifier: it says nothing by itself, but heads can be trained on it.
class EncoderModel final : public Model {
 public:
  explicit EncoderModel(OpenBackbone backbone) : backbone_(std::move(backbone)) {}

  const ModelInfo& info() const noexcept override { return backbone_.info; }

 private:
  OpenBackbone backbone_;
};

/// A backbone with a classifier: scores of labels, and what explains them.
class ClassifierModel final : public MarkingModel {
 public:
  explicit ClassifierModel(OpenBackbone backbone);

  const ModelInfo& info() const noexcept override { return backbone_.info; }
  const Calibration& calibration() const noexcept override { return calibration_; }
  image::InputTransform input_transform() const override { return backbone_.blueprint.input; }

  Result run(const at::Tensor& rgb) const override;
  at::Tensor probabilities(const at::Tensor& labels) const override;
  const ExplainedClassifier* explained() const noexcept override { return &explained_; }

 private:
  OpenBackbone backbone_;
  Calibration calibration_;  // none
  ExplainedClassifier explained_;
};

/// A ClassifierModel, or an EncoderModel where there is no classifier. @throws Error: as open_backbone().
std::shared_ptr<const Model> open_backbone_model(const ForeignFolder& folder, const BackboneFamily& family,
                                                 const OpenOptions& options);

}  // namespace fovea::nn
