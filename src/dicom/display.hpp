/// @file From stored values to what a viewer shows: modality, values of interest, polarity, colour.
#pragma once

#include <optional>

#include "dicom/dataset.hpp"
#include "dicom/pixel_module.hpp"
#include "fovea/dicom.hpp"
#include "fovea/image.hpp"

namespace fovea::dicom {

/// Renders a frame in 8 bits, grey as R = G = B. PS3.3 and PS3.4, N.2: modality LUT or rescale (of the frame, where
/// functional groups say so); then what `options` ask for; then rounding, and MONOCHROME1 turned round. The whole range
/// goes from the least to the greatest value that is no padding. Palettes and RGB of more than 8 bits are brought to 8,
/// YBR to RGB.
/// @param frame from 0
/// @throws Error: usage (no window of that number, a window for a colour image), corrupt (look-up tables).
Image render(const Dataset& file, const StoredFrame& stored, int frame, const DisplayOptions& options);

}  // namespace fovea::dicom
