/// @file Parametric Map objects (PS3.3, section A.75).
#pragma once

#include <filesystem>

#include "dicom_out/result.hpp"

namespace fovea::dicom_out {

/// Writes the heat maps of a series as one object of 32-bit floating point: the probability that a pixel is abnormal.
/// @throws Error: unsupported when a frame has no Frame of Reference or plane, which the standard demands here and only
/// here, naming file and attribute; usage (see check_results()), io.
void write_parametric_map(const std::filesystem::path& path, const SeriesResult& series, const ResultContext& run);

}  // namespace fovea::dicom_out
