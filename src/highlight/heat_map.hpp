/// @file Heat maps brought to the grid of the original image.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "fovea/image.hpp"

namespace fovea::highlight {

/// @param logits float32 [1, h, w] of what the network saw of an image of width x height pixels
/// @param view which part of the image that was
/// @return probabilities, height * width, row by row from the top; 0 outside of the view
std::vector<float> stretch(const at::Tensor& logits, int width, int height, const InputView& view = {});

/// The same of values on a scale from 0 to 1. @param values float32 [1, h, w]
std::vector<float> stretch_values(const at::Tensor& values, int width, int height, const InputView& view = {});

}  // namespace fovea::highlight
