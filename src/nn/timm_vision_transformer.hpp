/// @file timm's vision transformers: what its names stand for, and where it keeps the weights.
#pragma once

#include "nn/backbone_families.hpp"

namespace fovea::nn {

/// The network that timm's `architecture` names (vit_*, deit_*, deit3_*, vit_*_dinov2), changed as `model_args` say.
/// @throws Error: unsupported, with the names that are known, or naming the argument that is not.
BackboneBlueprint timm_vision_transformer(const ForeignConfig& config, const TensorMap& tensors);

}  // namespace fovea::nn
