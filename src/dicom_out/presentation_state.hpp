/// @file Softcopy Presentation States (PS3.3, section A.33): how a viewer shows the source itself.
#pragma once

#include <filesystem>
#include <optional>

#include "dicom_out/result.hpp"
#include "fovea/dicom.hpp"

namespace fovea::dicom_out {

/// Writes the contours of a finding's regions and their labels as graphics over the source: a Grayscale Softcopy
/// Presentation State, or for a source in colour a Color one. `window`: how grey values are shown; empty: by the VOI
/// LUT or first window of the source.
/// @throws Error: usage (the finding has another size than the source), io.
void write_presentation_state(const std::filesystem::path& path, const FrameResult& result,
                              const std::optional<Window>& window, const ResultContext& run);

}  // namespace fovea::dicom_out
