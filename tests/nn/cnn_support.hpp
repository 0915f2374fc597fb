/// @file Opening the small CNNs of tests/data/models.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include "formula_weights.hpp"
#include "nn/backbone_families.hpp"

namespace fovea::tests {

inline std::filesystem::path model_folder(const std::string& name) {
  return std::filesystem::path(FOVEA_TEST_DATA_DIR) / "models" / name;
}

inline text::OrderedJson read_config(const std::string& folder) {
  return text::OrderedJson::parse(std::ifstream(model_folder(folder) / "config.json"));
}

/// The weights as the folder has them.
inline nn::TensorMap read_weights(const std::string& folder) {
  const auto file = model_folder(folder) / "model.safetensors";
  return std::filesystem::exists(file) ? nn::read_tensors(file) : formula_weights(model_folder(folder) / "weights.txt");
}

/// What a configuration makes of these weights, before they are loaded.
inline nn::BackboneBlueprint blueprint_of(const text::OrderedJson& json, const nn::TensorMap& tensors) {
  const nn::ForeignConfig config(json, "FOLDER/config.json");
  const auto* family = nn::find_backbone_family(config);
  if (family == nullptr) throw std::runtime_error("no family claims the configuration");
  return family->blueprint(config, tensors);
}

inline nn::BackboneBlueprint open_backbone(const text::OrderedJson& json, const nn::TensorMap& tensors,
                                           at::ScalarType type = at::kFloat) {
  auto blueprint = blueprint_of(json, tensors);
  nn::load_foreign_weights(*blueprint.network, tensors, blueprint.names, type, "FOLDER/model.safetensors");
  blueprint.network->eval();
  return blueprint;
}

/// Whether tensors agree to within a part of the largest expected magnitude.
inline ::testing::AssertionResult agrees(const at::Tensor& actual, const at::Tensor& expected, double tolerance) {
  if (actual.sizes() != expected.sizes()) {
    return ::testing::AssertionFailure() << "shape " << actual.sizes() << ", expected " << expected.sizes();
  }
  const auto difference = (actual.to(at::kFloat) - expected).abs().max().item<double>();
  const auto largest = expected.abs().max().item<double>();
  if (difference <= tolerance * largest) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "differs by " << difference << " of " << largest;
}

}  // namespace fovea::tests
