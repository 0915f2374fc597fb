/// @file The colour space of what Fovea shows, for colour presentation states.
#pragma once

#include <cstdint>
#include <vector>

namespace fovea::dicom_out {

/// An ICC input profile (version 2.4, matrix and curves) of sRGB (IEC 61966-2-1), made from its definition.
std::vector<std::uint8_t> srgb_profile();

}  // namespace fovea::dicom_out
