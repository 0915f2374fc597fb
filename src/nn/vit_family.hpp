/// @file ViT (Dosovitskiy et al. 2021) as Hugging Face, torchvision and timm name its weights.
#pragma once

#include <string>

#include "nn/backbone_families.hpp"

namespace fovea::nn {

/// `model_type` "vit"; torchvision's vit_b_16 and others; timm's vit_base_patch16_224 and others.
BackboneFamily vit_family();

/// Where transformers' ViT keeps its weights, and its DeiT too. Both the names of published files and those that
/// transformers 5 has in memory.
/// @param prefix of all but the classifiers: "vit." in a file with a classifier, else empty
NameMap hugging_face_vit_names(const TensorMap& tensors, const std::string& prefix);

/// Where torchvision's ViT keeps its weights, also under the names of before 0.14, which its published files have.
NameMap torchvision_vit_names(const TensorMap& tensors);

}  // namespace fovea::nn
