/// @file The input of TorchXRayVision's models: the central square in grey, resized as scikit-image's resize does it
/// (a Gaussian against aliasing, then linear interpolation).
#pragma once

#include "fovea/image.hpp"
#include "image/resize.hpp"

namespace fovea::image {

/// The square that XRayCenterCrop takes of an image of width x height pixels.
Window central_square(int width, int height);

/// The mean of the channels of the central square, resized to side x side pixels; all three channels are the same.
/// Geometry is kept. Beyond its border the image counts as half way between black and white: the value 0 on the scale
/// of -1024 to 1024 on which the original works.
/// @throws Error: usage when `pixels` does not have the size of the image.
Image make_xray(const Image& image, int side);

}  // namespace fovea::image
