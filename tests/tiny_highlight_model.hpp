/// @file A highlighting model of a few thousand random weights beside its encoder, for tests.
#pragma once

#include <filesystem>

#include "nn/highlight_model.hpp"

namespace fovea::tests {

/// Input of 64 px; labels normal, benign and malignant.
nn::HighlightConfig tiny_highlight_config(bool labels = true, bool captions = true);

/// Random weights from a seed; in evaluation mode.
nn::HighlightNetwork tiny_highlight_network(const nn::HighlightConfig& config, unsigned seed = 7);

void write_tiny_highlight_model(const std::filesystem::path& folder, unsigned seed = 7, bool labels = true,
                                bool captions = true);

}  // namespace fovea::tests
