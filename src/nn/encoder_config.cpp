#include "nn/encoder_config.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "fovea/error.hpp"
#include "nn/backbone_families.hpp"
#include "nn/model_folder.hpp"
#include "nn/pixel_options.hpp"

namespace fovea::nn {
namespace {

constexpr std::array<std::int64_t, 4> kStrides{4, 8, 16, 32};
constexpr std::int64_t kLargestInput = 4096;

const BackboneFamily& family_of(const ForeignConfig& config) {
  if (const auto* family = find_backbone_family(config)) return *family;
  std::string known;
  for (const auto& family : backbone_families()) known += (known.empty() ? "" : ", ") + family.name;
  throw Error(ErrorCode::unsupported, config.source() + ": 'model_type' is '" + config.text("model_type", "") +
                                          "' and 'architecture' is '" + config.text("architecture", "") +
                                          "', which is no image encoder that heads can be trained on; " +
                                          "expected one of the families " + known);
}

PyramidLayout pyramid_of(const BackboneShape& shape, const std::string& family, const std::string& source) {
  const auto refuse = [&](const std::string& found, const std::string& expected) {
    throw Error(ErrorCode::unsupported, source + ": heads cannot be trained on this encoder (" + family +
                                            "): " + found + "; expected " + expected);
  };
  if (shape.channels != 3) refuse("its input has " + std::to_string(shape.channels) + " channels", "3, as RGB has");
  const auto& levels = shape.levels;
  if (shape.kind == BackboneKind::transformer) {
    const auto& grid = levels.back();
    return {.quarter = grid, .eighth = grid, .fine = grid, .coarse = grid, .one_grid = true};
  }
  std::string strides;
  bool fits = levels.size() == kStrides.size();
  for (std::size_t i = 0; i < levels.size(); ++i) {
    strides += (i == 0 ? "" : ", ") + std::to_string(levels[i].stride);
    fits = fits && levels[i].stride == kStrides[i];
  }
  if (!fits) refuse("its grids have the strides " + strides, "4, 8, 16, 32");
  return {.quarter = levels[0], .eighth = levels[1], .fine = levels[2], .coarse = levels[3]};
}

/// No tensors: without a classifier.
std::shared_ptr<Backbone> headless(const ForeignConfig& config) {
  auto network = family_of(config).blueprint(config, {}).network;
  network->eval();
  return network;
}

image::InputTransform parse_values(const text::OrderedJson& json, const std::string& where) {
  constexpr double kMost = 1e6;
  text::JsonSection section(json, where);
  image::InputTransform values;
  values.scale = section.number("scale", -kMost, kMost);
  values.offset = section.number("offset", -kMost, kMost);
  for (const char* key : {"mean", "std"}) section.child(key);  // must be there
  read_triple(section, "mean", -kMost, kMost, values.mean);
  constexpr double kLeastDeviation = 1e-6;
  read_triple(section, "std", kLeastDeviation, kMost, values.std);
  section.finish();
  return values;
}

}  // namespace

EncoderConfig describe_encoder(const ForeignConfig& config, const image::InputTransform& values) {
  EncoderConfig encoder;
  encoder.config = config.json().dump();
  encoder.values = values;
  encoder.family = family_of(config).name;
  encoder.shape = headless(config)->shape();
  encoder.layout = pyramid_of(encoder.shape, encoder.family, config.source());
  return encoder;
}

EncoderConfig parse_encoder(const text::OrderedJson& json, const std::string& where) {
  text::JsonSection section(json, where);
  const ForeignConfig config(section.child("config"), where + ": config");
  const auto values = parse_values(section.child("preprocessing"), where + ": preprocessing");
  section.finish();
  return describe_encoder(config, values);
}

text::OrderedJson encoder_json(const EncoderConfig& config) {
  const auto& values = config.values;
  return {{"config", text::OrderedJson::parse(config.config)},
          {"preprocessing",
           {{"scale", values.scale}, {"offset", values.offset}, {"mean", values.mean}, {"std", values.std}}}};
}

std::shared_ptr<Backbone> make_network(const EncoderConfig& config) {
  return headless(ForeignConfig(text::OrderedJson::parse(config.config), "the encoder's configuration"));
}

EncoderKeys parse_encoder_keys(text::JsonSection& root, const std::string& source) {
  EncoderKeys keys;
  if (root.has("encoder")) keys.encoder = parse_encoder(root.child("encoder"), source + ": encoder");
  keys.input_size = root.integer("input_size", least_input(keys.encoder), kLargestInput);
  if (const auto expected = wrong_input(keys.encoder, keys.input_size); !expected.empty()) {
    root.fail("'input_size' is " + std::to_string(keys.input_size) + ", expected " + expected);
  }
  return keys;
}

}  // namespace fovea::nn
