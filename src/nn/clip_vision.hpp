/// @file The image side of CLIP (Radford et al. 2021, arXiv 2103.00020), by itself and as GIT has it.
#pragma once

#include "nn/backbone_families.hpp"

namespace fovea::nn {

/// `model_type` "clip_vision_model" and "clip", whose texts' weights are left alone. The last norm, which CLIP has for
/// the class token only, is left out, as in transformers' last_hidden_state.
BackboneFamily clip_vision_family();

/// GIT's (Wang et al. 2022, arXiv 2205.14100): with the last norm, of every token. Names of weights are whole ones of
/// the file; no rule for those of the decoder.
/// @param config of the whole model (`model_type` "git")
BackboneBlueprint git_vision(const ForeignConfig& config, const TensorMap& tensors);

}  // namespace fovea::nn
