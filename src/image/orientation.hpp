/// @file EXIF orientation: how a stored image is turned to stand upright.
#pragma once

#include "fovea/image.hpp"

namespace fovea::image {

/// Turns stored pixels upright and records it: afterwards `geometry.exif_orientation` is `orientation`, and
/// `geometry.width` and `geometry.height`, given as stored, are those of the upright image.
/// @param orientation 1 to 8, TIFF 6.0 tag 274 (its value 1: nothing to do).
Image apply_orientation(Image stored, int orientation);

}  // namespace fovea::image
