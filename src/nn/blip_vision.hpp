/// @file The image side of BLIP (Li et al. 2022, arXiv 2201.12086).
#pragma once

#include "nn/backbone_families.hpp"

namespace fovea::nn {

/// With the last norm, of every token. Names of weights are whole ones of the file ("vision_model. ..."); no rule for
/// those of the decoder.
/// @param config of the whole model (`model_type` "blip")
BackboneBlueprint blip_vision(const ForeignConfig& config);

}  // namespace fovea::nn
