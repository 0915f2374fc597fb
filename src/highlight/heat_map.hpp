/// @file Heat maps brought to the grid of the original image.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace fovea::highlight {

/// @param logits float32 [1, h, w] of an image that was squashed to the network's input
/// @return probabilities, height * width, row by row from the top
std::vector<float> stretch(const at::Tensor& logits, int width, int height);

}  // namespace fovea::highlight
