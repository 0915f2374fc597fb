/// @file Augmentation of photos for captioning: flip, crop, colour.
#pragma once

#include <cstdint>
#include <random>

#include <ATen/core/Tensor.h>

namespace fovea::train {

/// How far an image may be changed.
struct AugmentOptions {
  double min_crop_area = 0.6;  ///< share of the photo that a crop keeps at least; 1 keeps all of it
  double max_aspect = 1.25;    ///< a crop's sides differ by at most this factor
  double brightness = 0.3;     ///< factor in [1 - b, 1 + b]; likewise contrast and saturation
  double contrast = 0.3;
  double saturation = 0.3;
};

/// One random change of one image.
/// @param rgb uint8 [S, S, 3], contiguous   @return the same shape
at::Tensor augment(const at::Tensor& rgb, bool may_flip, const AugmentOptions& options, std::mt19937_64& random);

}  // namespace fovea::train
