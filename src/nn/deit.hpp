/// @file DeiT (Touvron et al. 2021, "Training data-efficient image transformers"): a ViT with a distillation token.
#pragma once

#include "nn/backbone_families.hpp"

namespace fovea::nn {

/// `model_type` "deit", with one classifier or with the teacher's too; timm's deit_* and deit3_*.
BackboneFamily deit_family();

}  // namespace fovea::nn
