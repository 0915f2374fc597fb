/// @file The identity of the options that a result was made with.
#pragma once

#include <string>

#include "fovea/captioner.hpp"
#include "fovea/dicom.hpp"
#include "fovea/highlighter.hpp"
#include "fovea/model.hpp"

namespace fovea::pipeline {

/// Hex SHA-256 over the options that can change the text of a caption, in a canonical form: how it is searched for, the
/// arithmetic, and how images are decoded. What the model does with an image is part of the model's own digest; batch
/// size and threads are in neither.
/// @param min_side the LoadOptions::min_side of the run
std::string options_digest(const CaptionOptions& caption, Precision precision, int min_side);

/// The same over what can change a finding: what is marked and said, the arithmetic, how DICOM values are shown, and
/// whether records are without patient data.
std::string options_digest(const HighlightOptions& highlight, const DisplayOptions& display, Precision precision,
                           bool deidentify);

}  // namespace fovea::pipeline
