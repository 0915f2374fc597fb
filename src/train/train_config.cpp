#include "train/train_config.hpp"

#include "fovea/captioner.hpp"
#include "fovea/error.hpp"
#include "text/json_section.hpp"
#include "train/starting_weights.hpp"

namespace fovea::train {
namespace {

using Json = text::OrderedJson;
using Section = text::JsonSection;
using text::read;

constexpr text::Choices<Objective, 2> kObjectives{
    {{Objective::cross_entropy, "cross_entropy"}, {Objective::self_critical, "self_critical"}}};

constexpr text::Choices<Candidates, 2> kCandidates{{{Candidates::sampled, "sampled"}, {Candidates::beam, "beam"}}};

StageConfig parse_stage(const Json& json, const std::string& where) {
  Section s(json, where, ErrorCode::usage);
  StageConfig stage;
  stage.name = s.text("name");
  if (stage.name.find_first_of(",\n\"") != std::string::npos) s.fail("'name' must have no comma, quote or line break");
  stage.objective = s.choice("objective", kObjectives);
  read(s, "encoder_blocks", stage.encoder_blocks, 0, static_cast<int>(nn::MobileNetV2Impl::kBlocks));
  read(s, "views", stage.views, 1, 100);
  stage.epochs = static_cast<int>(s.integer("epochs", 1, 10'000));
  read(s, "patience", stage.patience, 0, 10'000);
  read(s, "batch_images", stage.batch_images, 1, 4096);
  read(s, "captions_per_image", stage.captions_per_image, 1, 64);
  stage.learning_rate = s.number("learning_rate", 1e-9, 1);
  read(s, "encoder_learning_rate", stage.encoder_learning_rate, 0, 1);
  read(s, "final_rate", stage.final_rate, 0, 1);
  read(s, "warmup_steps", stage.warmup_steps, 0, 1'000'000);
  read(s, "weight_decay", stage.weight_decay, 0, 10);
  read(s, "clip_norm", stage.clip_norm, 1e-6, 1e6);
  read(s, "label_smoothing", stage.label_smoothing, 0, 0.9);
  read(s, "distillation", stage.distillation, 0, 1);
  read(s, "doubly_stochastic", stage.doubly_stochastic, 0, 100);
  read(s, "ema_decay", stage.ema_decay, 0, 0.999999);
  if (s.has("candidates")) {
    stage.candidates = s.choice("candidates", kCandidates);
    if (stage.objective != Objective::self_critical) s.fail("'candidates' is for self_critical stages");
  }
  if (s.has("top_p")) {
    read(s, "top_p", stage.top_p, 0.01, 1);
    if (stage.objective != Objective::self_critical || stage.candidates != Candidates::sampled) {
      s.fail("'top_p' is for self_critical stages with sampled candidates");
    }
  }
  if (stage.objective == Objective::self_critical && stage.captions_per_image < 2) {
    s.fail("'captions_per_image' is 1, but a self-critical stage needs at least 2 samples for its baseline");
  }
  constexpr int kFewest = nn::MobileNetV2Impl::kBlocks - nn::MobileNetV2Impl::kFineBlocks;
  if (stage.encoder_blocks > 0 && stage.encoder_blocks < kFewest) {
    s.fail("'encoder_blocks' is " + std::to_string(stage.encoder_blocks) + ", expected 0 or " +
           std::to_string(kFewest) + " to 17: the blocks below the fine grid must not change alone");
  }
  s.finish();
  return stage;
}

AugmentOptions parse_augment(const Json& json, const std::string& where) {
  Section s(json, where, ErrorCode::usage);
  AugmentOptions augment;
  read(s, "min_crop_area", augment.min_crop_area, 0.05, 1);
  read(s, "max_aspect", augment.max_aspect, 1, 4);
  read(s, "brightness", augment.brightness, 0, 0.9);
  read(s, "contrast", augment.contrast, 0, 0.9);
  read(s, "saturation", augment.saturation, 0, 0.9);
  s.finish();
  return augment;
}

CaptionOptions parse_validation(const Json& json, const std::string& where) {
  Section s(json, where, ErrorCode::usage);
  CaptionOptions options;
  read(s, "beam", options.beam, 1, 64);
  read(s, "max_length", options.max_length, 1, 1000);
  read(s, "min_length", options.min_length, 1, 1000);
  read(s, "length_penalty", options.length_penalty, 0, 5);
  read(s, "no_repeat_ngram", options.no_repeat_ngram, 0, 100);
  s.finish();
  try {
    validate(options);
  } catch (const Error& error) {
    s.fail(error.what());
  }
  return options;
}

/// The longest caption, with its begin token, must fit the positions of a transformer.
void check_lengths(const Section& root, const TrainConfig& config) {
  if (config.model.decoder != nn::DecoderFamily::transformer) return;
  const auto positions = config.model.transformer.max_positions;
  const auto check = [&](const char* key, int words) {
    if (words < positions) return;
    root.fail("'" + std::string(key) + "' is " + std::to_string(words) + ", but the decoder's 'max_positions' " +
              std::to_string(positions) + " leaves room for " + std::to_string(positions - 1) + " words");
  };
  check("max_words", config.max_words);
  check("validation: max_length", config.validation.max_length);
}

}  // namespace

TrainConfig parse_train_config(const std::string& document, const std::string& source,
                               const std::optional<nn::EncoderConfig>& encoder) {
  Json json;
  try {
    json = Json::parse(document);
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::usage, source + " is not valid JSON: " + e.what());
  }
  Section root(json, source, ErrorCode::usage);
  TrainConfig config;
  if (root.has("seed")) config.seed = static_cast<std::uint64_t>(root.integer("seed", 0, INT64_MAX));
  read(root, "min_word_count", config.min_word_count, 1, 1'000'000);
  read(root, "max_words", config.max_words, 1, 1000);
  read(root, "bf16", config.bf16);
  if (root.has("augment")) config.augment = parse_augment(root.child("augment"), source + ": augment");
  if (root.has("validation")) config.validation = parse_validation(root.child("validation"), source + ": validation");
  // The model is written as in a model folder; the vocabulary is not known yet.
  Json model = root.child("model");
  put_encoder(model, encoder, source + ": model");
  if (model.is_object()) {
    model["architecture"] = nn::CaptionModel::kArchitecture;
    if (model.contains("decoder") && model["decoder"].is_object()) model["decoder"]["vocabulary_size"] = 5;
  }
  try {
    config.model = nn::parse_caption_config(model.dump(), source + ": model");
  } catch (const Error& error) {
    throw Error(ErrorCode::usage, error.what());
  }
  check_lengths(root, config);
  const auto& stages = root.child("stages");
  if (!stages.is_array() || stages.empty()) root.fail("'stages' must be a list of at least one stage");
  for (const auto& stage : stages) {
    const auto where = source + ": stage " + std::to_string(config.stages.size() + 1);
    config.stages.push_back(parse_stage(stage, where));
    if (encoder && config.stages.back().encoder_blocks > 0) {
      throw Error(ErrorCode::usage, where + ": 'encoder_blocks' is for MobileNetV2; give 'encoder_learning_rate' to " +
                                        "train all of the encoder (" + encoder->family + ")");
    }
  }
  root.finish();
  return config;
}

}  // namespace fovea::train
