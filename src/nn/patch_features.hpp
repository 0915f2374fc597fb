/// @file Features of an image's patches, by which a memory of normal patches knows them.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "nn/pyramid.hpp"

namespace fovea::nn {

/// A grid of the encoder, by its stride as a part of the input. An encoder of one grid has the last one only.
enum class PyramidLevel { quarter, eighth, sixteenth, last };

/// Stride and channels of a level.
const GridLevel& grid_level(const PyramidLayout& layout, PyramidLevel level);

/// Locally aware patch features (Roth et al. 2022, "Towards Total Recall in Industrial Anomaly Detection",
/// arXiv 2106.08265): each grid is averaged over neighbourhoods of 3 x 3 cells, stretched to the finest grid, and the
/// grids are set side by side.
/// @param levels at least one, finest first
/// @return float32 [B, D, h, w] on the grid of the first level, D the sum of channels
at::Tensor patch_features(const PyramidFeatures& pyramid, const std::vector<PyramidLevel>& levels);

/// [B, D, h, w] -> [B * h * w, D], image by image, row by row.
at::Tensor patch_rows(const at::Tensor& features);

}  // namespace fovea::nn
