/// @file Weights and pixels that this project's tests and the Python references make alike, so that they need not be
/// stored (tests/reference/make_cnn_goldens.py).
#pragma once

#include <filesystem>
#include <string>

#include <ATen/core/Tensor.h>

#include "nn/weights.hpp"

namespace fovea::tests {

/// Numbers from -1 to 1 that follow from the name and the index, float32.
at::Tensor formula_noise(const std::string& name, at::IntArrayRef shape);

/// The tensors that a text file lists, a name and a shape on each line, with the number of batches that a batch norm
/// counts beside each `running_var`.
nn::TensorMap formula_weights(const std::filesystem::path& list);

}  // namespace fovea::tests
