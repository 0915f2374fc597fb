/// @file A model's preprocessing in words, for people.
#pragma once

#include <string>

#include "image/input_transform.hpp"

namespace fovea::image {

/// What of an image a model sees: "shorter side to 256 pixels (bicubic), central 224 x 224".
std::string describe_view(const InputTransform& transform);

/// How its values become numbers: "(value * 0.0039216 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]".
std::string describe_values(const InputTransform& transform);

}  // namespace fovea::image
