/// @file Which pixels belong to which label.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dicom_out/result.hpp"

namespace fovea::dicom_out {

/// Labels of segments: those of the regions, in the order in which they come, or "anomaly" alone where there are none.
std::vector<std::string> segment_labels(const std::vector<FrameResult>& frames);

/// For each pixel of the mask the number of its segment, from 1; 0 outside. A pixel has the label of the region that it
/// is connected to, else the finding's. `labels`: of segment_labels().
/// @throws Error: usage when the mask has another size than the finding.
std::vector<std::uint8_t> segment_map(const Finding& finding, const std::vector<std::uint8_t>& mask,
                                      const std::vector<std::string>& labels);

}  // namespace fovea::dicom_out
