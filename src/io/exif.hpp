/// @file The one thing that Fovea reads from EXIF.
#pragma once

#include <cstdint>
#include <span>

namespace fovea::io {

/// Orientation (1 to 8) in an EXIF block, which is a TIFF file of its own; a leading "Exif\0\0" is skipped.
/// 1 when it is absent, out of range or the block is damaged: the pixels do not depend on the rest of it.
int exif_orientation(std::span<const std::uint8_t> exif);

}  // namespace fovea::io
