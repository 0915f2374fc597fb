/// @file A model for tests of what surrounds it.
#pragma once

#include <filesystem>

namespace fovea::tests {

/// Writes a model folder of the shipped kind with random weights, the same every time: its captions make no sense, but
/// depend on the image.
/// @param seed another one gives another model
void write_tiny_model(const std::filesystem::path& folder, int seed = 1);

}  // namespace fovea::tests
