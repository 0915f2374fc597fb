/// @file Maps on a model's grid brought back to the image that the model saw a part of.
#pragma once

#include <span>
#include <vector>

#include "fovea/image.hpp"

namespace fovea::image {

/// Geometry of an image, also of one that no loader made: then its own size is the full one.
Geometry full_geometry(const Image& image);

/// Whether a view is all of an image of width x height pixels, neither more nor less.
bool shows_all(const InputView& view, int width, int height);

/// The same part of the image at another size.
InputView scaled(const InputView& view, int width, int height, int new_width, int new_height);

/// How values between the centres of cells are found; a kernel is not widened when a map shrinks.
enum class MapKernel {
  linear,
  cubic  ///< cubic convolution with a = -0.75, as OpenCV's INTER_CUBIC; overshoots
};

/// A map of the part of an image that `view` is, row by row, brought to the pixels of the image: values at the centres
/// of cells are kept, and the outer ones go on to the border of the view.
/// @param map grid_height * grid_width values
/// @param view within an image of width x height pixels; not empty, unless it means all
/// @param outside value of pixels whose centre is not in the view
/// @return height * width values
std::vector<float> stretch_map(std::span<const float> map, int grid_width, int grid_height, MapKernel kernel, int width,
                               int height, const InputView& view, float outside);

}  // namespace fovea::image
