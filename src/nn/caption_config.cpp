#include <string>
#include <utility>

#include "fovea/error.hpp"
#include "nn/caption_model.hpp"
#include "nn/encoder_config.hpp"
#include "nn/model_folder.hpp"
#include "text/json_section.hpp"

namespace fovea::nn {
namespace {

using Json = text::OrderedJson;
using Section = text::JsonSection;

constexpr text::Choices<TokenGrid, 2> kGrids{{{TokenGrid::coarse, "coarse"}, {TokenGrid::fine, "fine"}}};
constexpr text::Choices<DecoderFamily, 2> kDecoders{
    {{DecoderFamily::transformer, "transformer"}, {DecoderFamily::lstm, "lstm"}}};

void parse_decoder(const Json& json, const std::string& source, CaptionConfig& config) {
  Section section(json, source + ": decoder");
  config.decoder = section.choice("family", kDecoders);
  const auto vocabulary = section.integer("vocabulary_size", 5, 10'000'000);
  if (config.decoder == DecoderFamily::transformer) {
    config.transformer.vocabulary_size = vocabulary;
    config.transformer.max_positions = section.integer("max_positions", 2, kMaxSize);
    config.transformer.transformer = parse_transformer(section);
    if (config.transformer.transformer.width != config.backbone.width) {
      section.fail("width " + std::to_string(config.transformer.transformer.width) + " differs from the backbone's " +
                   std::to_string(config.backbone.width));
    }
  } else {
    config.lstm.vocabulary_size = vocabulary;
    config.lstm.feature_size = config.backbone.width;
    config.lstm.embedding_size = section.integer("embedding_size", 1, kMaxSize);
    config.lstm.state_size = section.integer("state_size", 1, kMaxSize);
    config.lstm.attention_size = section.integer("attention_size", 1, kMaxSize);
    config.lstm.dropout = section.number("dropout", 0, kMaxDropout);
  }
  section.finish();
}

}  // namespace

CaptionConfig parse_caption_config(const std::string& document, const std::string& source) {
  const auto json = parse_model_json(document, source);
  CaptionConfig config;
  Section root(json, source);
  if (const auto architecture = root.text("architecture"); architecture != CaptionModel::kArchitecture) {
    root.fail("'architecture' is '" + architecture + "', expected " + CaptionModel::kArchitecture);
  }
  config.name = root.text("name");
  config.licence = root.text("licence");
  auto keys = parse_encoder_keys(root, source);
  config.encoder = std::move(keys.encoder);
  config.input_size = keys.input_size;

  Section backbone(root.child("backbone"), source + ": backbone");
  config.grid = backbone.choice("grid", kGrids);
  config.backbone = parse_transformer(backbone);
  backbone.finish();
  parse_decoder(root.child("decoder"), source, config);
  root.finish();
  return config;
}

std::string to_json(const CaptionConfig& config) {
  Json backbone = transformer_json(config.backbone);
  backbone["grid"] = text::choice_name(config.grid, kGrids);
  Json decoder;
  if (config.decoder == DecoderFamily::transformer) {
    decoder = transformer_json(config.transformer.transformer);
    decoder["vocabulary_size"] = config.transformer.vocabulary_size;
    decoder["max_positions"] = config.transformer.max_positions;
  } else {
    decoder = {{"vocabulary_size", config.lstm.vocabulary_size},
               {"embedding_size", config.lstm.embedding_size},
               {"state_size", config.lstm.state_size},
               {"attention_size", config.lstm.attention_size},
               {"dropout", config.lstm.dropout}};
  }
  decoder["family"] = text::choice_name(config.decoder, kDecoders);
  Json json{{"architecture", CaptionModel::kArchitecture},
            {"name", config.name},
            {"licence", config.licence},
            {"input_size", config.input_size},
            {"backbone", backbone},
            {"decoder", decoder}};
  if (config.encoder) json["encoder"] = encoder_json(*config.encoder);
  return json.dump(2) + "\n";
}

}  // namespace fovea::nn
