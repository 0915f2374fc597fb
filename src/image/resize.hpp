/// @file Antialiased resizing, equal to Pillow's.
#pragma once

#include "fovea/image.hpp"

namespace fovea::image {

/// Interpolation kernel, as PIL.Image.Resampling names and numbers it. When shrinking, all but `nearest` are stretched
/// by the reduction.
enum class Filter {
  nearest = 0,   ///< the pixel under the centre; aliases when shrinking
  lanczos = 1,   ///< sinc windowed by a sinc, 3 input pixels wide on each side
  bilinear = 2,  ///< triangle, 1 input pixel wide on each side
  bicubic = 3,   ///< Keys' cubic with a = -0.5, 2 input pixels wide on each side
  box = 4,       ///< half an input pixel wide on each side
  hamming = 5    ///< sinc windowed by Hamming's window, 1 input pixel wide on each side
};

/// A rectangle of whole pixels.
struct Window {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

/// Resizes to `width` x `height` pixels. The kernel is stretched by the reduction, so shrinking does not alias, and the
/// result is that of Pillow 13's `Image.resize((width, height), filter)`, value by value. Geometry is kept as it is.
/// @throws Error: usage when a side of either image is not positive or `pixels` does not have the size of the image.
Image resize(const Image& image, int width, int height, Filter filter);

/// The pixels of `window` of what resize() would give, without the others being computed.
/// @throws Error: usage, also when the window is empty or not within width x height.
Image resize_window(const Image& image, int width, int height, Filter filter, const Window& window);

}  // namespace fovea::image
