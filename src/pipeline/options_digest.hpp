/// @file The identity of the options that a caption was made with.
#pragma once

#include <string>

#include "fovea/caption_run.hpp"

namespace fovea::pipeline {

/// Hex SHA-256 over the options that can change the text of a caption, in a canonical form: how it is searched for, the
/// arithmetic, and how images are decoded. What the model does with an image is part of the model's own digest; batch
/// size and threads are in neither.
/// @param min_side the LoadOptions::min_side of the run
std::string options_digest(const CaptionOptions& caption, Precision precision, int min_side);

}  // namespace fovea::pipeline
