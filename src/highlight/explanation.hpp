/// @file What the heat maps of a classifier show: where it looked for a label.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "nn/marking_model.hpp"

namespace fovea::highlight {

/// Maps of a batch.
struct Explanation {
  std::vector<std::size_t> labels;  ///< of each image, in ModelInfo::labels
  at::Tensor maps;                  ///< float32 [B, 1, h, w]: evidence as part of the largest, times the probability
};

/// The number of the label that HighlightOptions::label names; nothing where it is empty.
/// @throws Error: usage: the model has no such label (with the list), or explains none.
std::optional<std::size_t> chosen_label(const nn::MarkingModel& model, const std::string& label);

/// @param views what the model says of the images, and perhaps of their mirror images
/// @param probabilities float32 [B, labels]
/// @param label that is explained; nothing: the likeliest of each image
Explanation explain(const nn::ExplainedClassifier& classifier, std::span<const nn::MarkingModel::Result> views,
                    const at::Tensor& probabilities, std::optional<std::size_t> label);

}  // namespace fovea::highlight
