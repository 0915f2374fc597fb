/// @file From 8-bit pixels to what the first layer of a foreign model takes.
#pragma once

#include <ATen/core/Tensor.h>

#include "image/input_transform.hpp"

namespace fovea::nn {

/// (value * scale + offset - mean) / std.
/// @param rgb 8-bit [B, height, width, 3] as image::apply() makes it
/// @return float32 [B, 3, height, width]; [B, 1, height, width] of InputKind::xray
at::Tensor normalize(const at::Tensor& rgb, const image::InputTransform& transform);

}  // namespace fovea::nn
