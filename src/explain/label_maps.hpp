/// @file Where a classifier looked for a label, by the method that fits its backbone, on a scale that means something.
#pragma once

#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

#include "nn/backbone.hpp"

namespace fovea::explain {

/// How much each place speaks for a label: Grad-CAM of a CNN, attention rollout of a transformer (which is the same for
/// every label).
/// @param seen of a transformer: with grids and mean attention
/// @param outputs B numbers of the classifier's logits, one for each image
/// @return float32 [B, 1, h, w], not negative, on no scale
at::Tensor label_evidence(nn::Backbone& network, const nn::BackboneOutput& seen, std::span<const std::int64_t> outputs);

/// Evidence on a fixed scale: each image's divided by its largest value and multiplied by the probability of the label,
/// so that a label that is not there does not glow. No evidence stays 0.
/// @param evidence [B, 1, h, w], not negative  @param probabilities float32 [B]
at::Tensor scaled(const at::Tensor& evidence, const at::Tensor& probabilities);

}  // namespace fovea::explain
