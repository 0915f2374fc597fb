/// @file Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391): which places of a CNN's last grid speak for a label.
#pragma once

#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

#include "nn/backbone.hpp"

namespace fovea::explain {

/// relu(sum over features of (mean over places of d logit / d feature) * feature), through Backbone::classify() only.
/// May be called in inference mode.
/// @param last [B, D, h, w], as BackboneOutput has it
/// @param outputs B numbers of the classifier's logits, one for each image
/// @return float32 [B, 1, h, w], not negative, on no scale
at::Tensor grad_cam(nn::Backbone& network, const at::Tensor& last, std::span<const std::int64_t> outputs);

}  // namespace fovea::explain
