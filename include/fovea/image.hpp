/// @file Image value type: pixels and where they come from.
#pragma once

#include <cstdint>
#include <vector>

namespace fovea {

/// How the pixels of an Image relate to the file they come from.
struct Geometry {
  int width = 0;              ///< columns of the full-resolution image, after the orientation was applied
  int height = 0;             ///< rows of the full-resolution image, after the orientation was applied
  int exif_orientation = 1;   ///< 1 to 8 as the file states it (TIFF/EXIF tag 0x0112); already applied to the pixels
  int scale_denominator = 1;  ///< pixels were decoded at 1/scale_denominator of the full resolution (1, 2, 4 or 8)
};

/// Which part of an image the input of a model shows: a rectangle in pixels of the full-resolution image as displayed,
/// x to the right, y down, (0, 0) the outer corner of the first pixel. It reaches beyond the image where the input is
/// padded. Both sides 0: all of the image.
struct InputView {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// An 8-bit image in memory: `height` rows of `width` pixels of 3 interleaved channels (R, G, B), no row padding.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  ///< height * width * 3 values
  Geometry geometry;
};

}  // namespace fovea
