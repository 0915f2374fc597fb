/// @file Scores of 0 to 1 from the distances of normal images that a memory does not hold.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "nn/patch_memory.hpp"

namespace fovea::train {

/// A new normal image (one that could as well have been among these) exceeds the limit with a probability of at most
/// `share`, whatever the distribution: the limit is the order statistic that split conformal prediction takes (Vovk,
/// Gammerman and Shafer 2005; Lei et al. 2018). It becomes a score of 0.5, the median one of 0.05.
/// @param distances at least fewest_normal_images(share)
nn::DistanceScale scale_of_images(std::vector<double> distances, double share);

/// The same of pixels, of which a plain quantile is taken: there are many, but those of an image are alike.
/// @param distances float32, any shape, at least one
nn::DistanceScale scale_of_pixels(const at::Tensor& distances, double share);

}  // namespace fovea::train
