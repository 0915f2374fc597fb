/// @file YBR and RGB.
#pragma once

#include <array>

#include "dicom/pixel_module.hpp"

namespace fovea::dicom {

/// A pixel of YBR_FULL as R, G and B, not rounded or clamped (PS3.3, section C.7.6.3.1.2; ITU-T T.871).
/// @param middle the Cb and Cr of grey: 128 at 8 bits
std::array<double, 3> ybr_to_rgb(double y, double cb, double cr, double middle) noexcept;

/// Brings the values of a frame of 8 bits to RGB, rounded and clamped; any other frame stays as it is.
void ybr_to_rgb(StoredFrame& frame);

}  // namespace fovea::dicom
