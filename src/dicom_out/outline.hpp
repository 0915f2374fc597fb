/// @file Contours as DICOM graphics.
#pragma once

#include <cstddef>
#include <vector>

#include "fovea/highlighter.hpp"

namespace fovea::dicom_out {

/// Points that one value of graphic data holds in explicit VR: less than 64 KiB of float32 pairs.
inline constexpr std::size_t kMaxPoints = 8190;

/// A ring as x, y, x, y ..., closed: the first point comes again at the end. The image's corner is 0, 0 (PS3.3, section
/// C.18.6), so that the centre of the first pixel is 0.5, 0.5. Points on a straight line between others are left out,
/// and of a ring that has more than `max_points` every second one, or third. A ring of less than three points becomes
/// the rectangle around its pixels.
std::vector<float> outline(const Region::Ring& ring, std::size_t max_points = kMaxPoints);

}  // namespace fovea::dicom_out
