/// @file Antialiased resizing, equal to Pillow's.
#pragma once

#include "fovea/image.hpp"

namespace fovea::image {

/// Interpolation kernel, as PIL.Image.Resampling names it.
enum class Filter {
  bilinear,  ///< triangle, 1 input pixel wide on each side (times the reduction when shrinking)
  bicubic    ///< Keys' cubic with a = -0.5, 2 input pixels wide on each side (times the reduction when shrinking)
};

/// Resizes to `width` x `height` pixels. The kernel is stretched by the reduction, so shrinking does not alias, and the
/// result is that of Pillow 13's `Image.resize((width, height), filter)`, value by value. Geometry is kept as it is.
/// @throws Error: usage when a side of either image is not positive or `pixels` does not have the size of the image.
Image resize(const Image& image, int width, int height, Filter filter);

}  // namespace fovea::image
