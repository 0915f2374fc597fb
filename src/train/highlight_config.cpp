#include "train/highlight_config.hpp"

#include "fovea/error.hpp"
#include "text/json_section.hpp"
#include "text/lesion_sentence.hpp"
#include "train/starting_weights.hpp"

namespace fovea::train {
namespace {

using Json = text::OrderedJson;
using Section = text::JsonSection;
using text::read;

ScanAugmentOptions parse_augment(const Json& json, const std::string& where) {
  Section s(json, where, ErrorCode::usage);
  ScanAugmentOptions a;
  read(s, "flip_horizontal", a.flip_horizontal);
  read(s, "flip_vertical", a.flip_vertical);
  read(s, "rotate", a.rotate, 0, 180);
  read(s, "scale", a.scale, 0, 3);
  read(s, "aspect", a.aspect, 0, 3);
  read(s, "shift", a.shift, 0, 0.5);
  read(s, "elastic", a.elastic, 0, 0.2);
  read(s, "brightness", a.brightness, 0, 0.9);
  read(s, "contrast", a.contrast, 0, 0.9);
  read(s, "saturation", a.saturation, 0, 0.9);
  read(s, "hue", a.hue, 0, 180);
  read(s, "gamma", a.gamma, 0, 3);
  read(s, "blur", a.blur, 0, 20);
  read(s, "noise", a.noise, 0, 100);
  read(s, "speckle", a.speckle, 0, 1);
  read(s, "specular", a.specular, 0, 1000);
  read(s, "frame", a.frame, 0, 1);
  read(s, "cutmix", a.cutmix, 0, 1);
  s.finish();
  return a;
}

LesionCaptionConfig parse_captions(const Json& json, const std::string& where) {
  Section s(json, where, ErrorCode::usage);
  LesionCaptionConfig c;
  read(s, "epochs", c.epochs, 1, 10'000);
  read(s, "batch_images", c.batch_images, 1, 4096);
  read(s, "learning_rate", c.learning_rate, 1e-9, 1);
  read(s, "weight_decay", c.weight_decay, 0, 10);
  read(s, "ema_decay", c.ema_decay, 0, 0.999999);
  read(s, "phrasings", c.phrasings, 1, text::kLesionPhrasings);
  read(s, "repeats", c.repeats, 1, 1000);
  read(s, "held_out_share", c.held_out_share, 0, 0.9);
  read(s, "label_noise", c.label_noise, 0, 100);
  read(s, "heat_noise", c.heat_noise, 0, 100);
  read(s, "token_dropout", c.token_dropout, 0, 1);
  s.finish();
  return c;
}

}  // namespace

HighlightTrainConfig parse_highlight_train_config(const std::string& document, const std::string& source,
                                                  const std::optional<nn::EncoderConfig>& encoder) {
  Json json;
  try {
    json = Json::parse(document);
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::usage, source + " is not valid JSON: " + e.what());
  }
  Section root(json, source, ErrorCode::usage);
  HighlightTrainConfig c;
  if (root.has("seed")) c.seed = static_cast<std::uint64_t>(root.integer("seed", 0, INT64_MAX));
  read(root, "bf16", c.bf16);
  c.epochs = static_cast<int>(root.integer("epochs", 1, 10'000));
  read(root, "batch_images", c.batch_images, 1, 4096);
  read(root, "freeze_stem", c.freeze_stem);
  c.learning_rate = root.number("learning_rate", 1e-9, 1);
  read(root, "encoder_learning_rate", c.encoder_learning_rate, 0, 1);
  read(root, "final_rate", c.final_rate, 0, 1);
  read(root, "warmup_steps", c.warmup_steps, 0, 1'000'000);
  read(root, "weight_decay", c.weight_decay, 0, 10);
  read(root, "clip_norm", c.clip_norm, 1e-6, 1e6);
  read(root, "ema_decay", c.ema_decay, 0, 0.999999);
  read(root, "dice_weight", c.dice_weight, 0, 100);
  read(root, "label_weight", c.label_weight, 0, 100);
  read(root, "label_smoothing", c.label_smoothing, 0, 0.9);
  read(root, "clean_share", c.clean_share, 0, 1);
  read(root, "calibration_share", c.calibration_share, 0, 0.5);
  if (root.has("augment")) c.augment = parse_augment(root.child("augment"), source + ": augment");
  if (root.has("captions")) c.captions = parse_captions(root.child("captions"), source + ": captions");
  Json model = root.child("model");
  put_encoder(model, encoder, source + ": model");
  if (model.is_object()) {
    model["architecture"] = nn::HighlightModel::kArchitecture;
    if (model.contains("captions") && model["captions"].is_object()) model["captions"]["vocabulary_size"] = 5;
  }
  try {
    c.model = nn::parse_highlight_config(model.dump(), source + ": model");
  } catch (const Error& error) {
    throw Error(ErrorCode::usage, error.what());
  }
  root.finish();
  if (c.model.captions) c.model.captions->vocabulary_size = lesion_vocabulary(c.model).size();
  return c;
}

}  // namespace fovea::train
