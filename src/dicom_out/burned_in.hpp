/// @file Patient data in pixels.
#pragma once

#include <optional>
#include <string>

#include "dicom_out/source.hpp"

namespace fovea::dicom_out {

/// Why the pixels of a source, and so pictures made of them, may show who the patient is, as a sentence for a warning:
/// the source says so, or says nothing and is of a kind on which devices write names. Empty: no reason to warn.
std::optional<std::string> burned_in_warning(const Source& source);

}  // namespace fovea::dicom_out
