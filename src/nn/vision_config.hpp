/// @file What transformers' configurations of vision transformers have in common.
#pragma once

#include "nn/foreign_config.hpp"
#include "nn/vision_encoder.hpp"

namespace fovea::nn {

/// Reads the sizes, the activation and the norm's epsilon; keys that are absent are as in `usual`.
/// @throws Error: model, naming the key that is out of range; unsupported, naming the activation that is not known.
VisionEncoderOptions read_vision_options(const ForeignConfig& config, VisionEncoderOptions usual);

/// validate(), with the place of the configuration in front.
/// @throws Error: model.
void check_vision_options(const ForeignConfig& config, const VisionEncoderOptions& options);

}  // namespace fovea::nn
