/// @file A highlighting model for tests of what surrounds it.
#pragma once

#include <filesystem>

namespace fovea::tests {

/// Writes a model folder of the shipped kind, 5 MB: 64 px input, labels normal, benign and malignant, random weights,
/// the same for the same seed. What it marks makes no sense, but it depends on the image, and something is marked in
/// most of them.
void write_tiny_highlight_model(const std::filesystem::path& folder, unsigned seed = 1);

}  // namespace fovea::tests
