/// @file `encoder` in the config.json of this project's models: a network of another library below our heads.
#pragma once

#include <memory>
#include <string>

#include "nn/encoder.hpp"
#include "nn/foreign_config.hpp"
#include "text/json_section.hpp"

namespace fovea::nn {

/// Describes a network that heads can be trained on.
/// @param values of its preprocessing
/// @throws Error: unsupported, naming the family: none claims the configuration, the input has not three channels, or
/// the grids have not the strides that heads need; model for a value of the configuration that is out of range.
EncoderConfig describe_encoder(const ForeignConfig& config, const image::InputTransform& values);

/// {"config": {...}, "preprocessing": {"scale", "offset", "mean", "std"}}. @throws Error: as describe_encoder(); model.
EncoderConfig parse_encoder(const text::OrderedJson& json, const std::string& where);
text::OrderedJson encoder_json(const EncoderConfig& config);

/// The network without a classifier, in evaluation; weights not set yet.
std::shared_ptr<Backbone> make_network(const EncoderConfig& config);

/// `encoder` and `input_size` of a model's config.json; the latter fits the former.
struct EncoderKeys {
  std::optional<EncoderConfig> encoder;
  std::int64_t input_size = 0;
};
EncoderKeys parse_encoder_keys(text::JsonSection& root, const std::string& source);

}  // namespace fovea::nn
