/// @file BLIP (Li et al. 2022, arXiv 2201.12086), the captioner: BlipForConditionalGeneration of transformers.
#pragma once

#include "nn/foreign_captioner.hpp"

namespace fovea::nn {

/// `model_type` "blip". Captions may go on from a prompt.
CaptionerFamily blip_family();

}  // namespace fovea::nn
