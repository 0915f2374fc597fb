/// @file The families of image encoders that Fovea opens. A family is a header/source pair and a line in the list.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "image/input_transform.hpp"
#include "nn/backbone.hpp"
#include "nn/foreign_config.hpp"
#include "nn/name_map.hpp"
#include "nn/preprocessor_config.hpp"

namespace fovea::nn {

/// Which project's names a file of weights uses.
enum class Naming { hugging_face, torchvision, timm };

/// A network as a configuration describes it, and where its weights are found.
struct BackboneBlueprint {
  std::shared_ptr<Backbone> network;  ///< weights not set yet
  NameMap names;
  image::InputTransform input;      ///< as published; a preprocessor_config.json goes before it
  std::vector<std::string> labels;  ///< of the classifier; empty without one. A label without a name is not reported
  bool independent_labels = false;  ///< labels exclude nothing: each has a probability of its own (sigmoid)
};

/// One family.
struct BackboneFamily {
  std::string name;  ///< "vit"
  /// Whether a config.json is of this family: by `model_type`, or by timm's and torchvision's `architecture`.
  bool (*claims)(const ForeignConfig& config);
  /// @param tensors only their names and shapes count: with or without a classifier, below which prefix
  BackboneBlueprint (*blueprint)(const ForeignConfig& config, const TensorMap& tensors);
  /// Which class of transformers makes its models' pixels, for a preprocessor_config.json that does not name one;
  /// nothing: the family has none there, and such a file is not read.
  std::optional<ImageProcessor> processor{};
};

/// Whether a network takes what a preprocessing makes, so that a folder whose files do not go together is refused
/// before the first image. @param source named in the message
/// @throws Error: model.
void check_input(const BackboneShape& shape, const image::InputTransform& input, const std::string& source);

/// All of them.
std::span<const BackboneFamily> backbone_families();

/// The family of a configuration; null where none claims it.
const BackboneFamily* find_backbone_family(const ForeignConfig& config);

/// Whose names a configuration goes with: `model_type` is Hugging Face's; without it `architecture` is timm's, or, with
/// `"library": "torchvision"` (as `fovea import` writes it), torchvision's.
Naming naming_of(const ForeignConfig& config);

}  // namespace fovea::nn
