/// @file Segmentation objects (PS3.3, section A.51).
#pragma once

#include <filesystem>

#include "dicom_out/result.hpp"

namespace fovea::dicom_out {

enum class SegmentationKind {
  binary,      ///< the mask; a segment for each label
  fractional,  ///< the heat map as probability, rounded to steps of 1/255; one segment
};

/// Writes what was found in a series as one object: for each frame of the source one for each segment, with its plane,
/// or, without a Frame of Reference or planes, with references to the source alone.
/// @throws Error: usage (results that do not fit together, see check_results()), io, unsupported.
void write_segmentation(const std::filesystem::path& path, const SeriesResult& series, SegmentationKind kind,
                        const ResultContext& run);

}  // namespace fovea::dicom_out
