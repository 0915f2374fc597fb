#include "train/normal_config.hpp"

#include <algorithm>
#include <cmath>

#include "fovea/error.hpp"
#include "nn/model_folder.hpp"
#include "text/json_section.hpp"
#include "train/starting_weights.hpp"

namespace fovea::train {
namespace {

using Json = text::OrderedJson;
using Section = text::JsonSection;
using text::read;

/// What the user says of the model over what it is by default, checked as a model's configuration is.
nn::PatchMemoryConfig parse_model(Json given, const nn::PatchMemoryConfig& usual, const std::string& where) {
  if (!given.is_object()) throw Error(ErrorCode::usage, where + ": expected an object, found " + given.type_name());
  for (const char* made : {"architecture", "patches", "calibration"}) {
    if (given.contains(made)) {
      throw Error(ErrorCode::usage, where + ": '" + made + "' is made by the training, and cannot be given");
    }
  }
  put_encoder(given, usual.encoder, where);
  Json json = Json::parse(nn::to_json(usual));
  json.update(given);
  try {
    return nn::parse_patch_memory_config(json.dump(), where);
  } catch (const Error& error) {
    throw Error(ErrorCode::usage, error.what());
  }
}

/// A model of MobileNetV2, or of the encoder at the size that it was made for, or the next below that its strides
/// divide.
nn::PatchMemoryConfig usual_model(const std::optional<nn::EncoderConfig>& encoder) {
  nn::PatchMemoryConfig model;
  if (!encoder) return model;
  model.encoder = encoder;
  model.input_size = encoder->shape.input_height;
  if (encoder->shape.any_size) {
    const auto stride = nn::layout_of(encoder).coarse.stride;
    model.input_size = std::max(stride, model.input_size / stride * stride);
  }
  model.levels = nn::usual_levels(encoder);
  return model;
}

}  // namespace

NormalTrainConfig read_normal_train_config(const std::filesystem::path& file,
                                           const std::optional<nn::EncoderConfig>& encoder) {
  NormalTrainConfig c;
  c.model = parse_model(Json::object(), usual_model(encoder), "the model as it is by default");
  if (file.empty()) return c;
  Json json;
  try {
    json = Json::parse(nn::read_model_text(file));
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::usage, file.string() + " is not valid JSON: " + e.what());
  }
  Section root(json, file.string(), ErrorCode::usage);
  if (root.has("seed")) c.seed = static_cast<std::uint64_t>(root.integer("seed", 0, INT64_MAX));
  if (root.has("normal")) c.normal = root.text("normal");
  read(root, "coreset_share", c.coreset_share, 1e-6, 1);
  read(root, "max_patches", c.max_patches, 1, 1'000'000);
  read(root, "max_candidates", c.max_candidates, 1, 10'000'000);
  read(root, "projection", c.projection, 1, 4096);
  read(root, "calibration_parts", c.calibration_parts, 2, 1000);
  read(root, "false_alarm_share", c.false_alarm_share, 1e-3, 0.5);
  read(root, "marked_share", c.marked_share, 1e-5, 0.5);
  if (root.has("model")) c.model = parse_model(root.child("model"), c.model, file.string() + ": model");
  root.finish();
  return c;
}

int fewest_normal_images(double false_alarm_share) {
  constexpr double kRounding = 1e-9;
  return std::max(2, static_cast<int>(std::ceil(1 / false_alarm_share - 1 - kRounding)));
}

}  // namespace fovea::train
