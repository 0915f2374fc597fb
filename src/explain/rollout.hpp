/// @file Attention rollout (Abnar and Zuidema 2020, arXiv 2005.00928): how much of each token reaches what a vision
/// transformer's classifier reads.
#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "nn/backbone.hpp"

namespace fovea::explain {

/// A row of the product of all blocks' (A + I) / 2, the attention averaged over the heads and the residual path beside
/// it, each as half.
/// @param attention of each block, first to last: float32 [B, T, T], rows sum to 1
/// @param read [T] how much the classifier reads of each token behind the last block; sums to 1
/// @return float32 [B, T], sums to 1
at::Tensor rollout(std::span<const at::Tensor> attention, const at::Tensor& read);

/// The same over the tokens of the grid: of the class token, or of the mean of the grid's tokens where the classifier
/// sees that. What falls on class, distillation and register tokens is left out.
/// @param seen with grids and mean attention
/// @return float32 [B, 1, h, w], not negative, on no scale
at::Tensor rollout_grid(const nn::BackboneShape& shape, const nn::BackboneOutput& seen);

}  // namespace fovea::explain
