/// @file GIT (Wang et al. 2022, arXiv 2205.14100): GitForCausalLM of transformers.
#pragma once

#include "nn/foreign_captioner.hpp"

namespace fovea::nn {

/// `model_type` "git". Captions may go on from a prompt.
CaptionerFamily git_family();

}  // namespace fovea::nn
