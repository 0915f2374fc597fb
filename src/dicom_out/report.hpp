/// @file Structured Reports (PS3.3, section A.35.3) of measurements, by template 1500 of PS3.16.
#pragma once

#include <filesystem>

#include "dicom_out/result.hpp"

namespace fovea::dicom_out {

/// Writes what was found in one frame: for each region its outline on the source, kind, area and probability, for each
/// label and for the image as a whole the probability, and the caption.
/// @throws Error: usage (the finding has another size than the source), io.
void write_report(const std::filesystem::path& path, const FrameResult& result, const ResultContext& run);

}  // namespace fovea::dicom_out
