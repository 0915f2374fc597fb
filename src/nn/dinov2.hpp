/// @file DINOv2 (Oquab et al. 2023, arXiv 2304.07193), also with register tokens (Darcet et al. 2024).
#pragma once

#include "nn/backbone_families.hpp"

namespace fovea::nn {

/// `model_type` "dinov2" and "dinov2_with_registers"; timm's vit_base_patch14_dinov2 and others. Takes inputs of other
/// sizes than the one it was made for.
BackboneFamily dinov2_family();

}  // namespace fovea::nn
