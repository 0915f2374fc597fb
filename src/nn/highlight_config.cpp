#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "fovea/error.hpp"
#include "nn/encoder_config.hpp"
#include "nn/highlight_model.hpp"
#include "nn/model_folder.hpp"
#include "text/json_section.hpp"

namespace fovea::nn {
namespace {

using Json = text::OrderedJson;
using Section = text::JsonSection;

constexpr text::Choices<TokenGrid, 2> kGrids{{{TokenGrid::coarse, "coarse"}, {TokenGrid::fine, "fine"}}};

std::vector<std::string> parse_labels(Section& root) {
  const auto& list = root.child("labels");
  const auto fail = [&] { root.fail("'labels' is " + list.dump() + ", expected a list of different strings"); };
  if (!list.is_array()) fail();
  std::vector<std::string> labels;
  for (const auto& label : list) {
    if (!label.is_string() || label.get<std::string>().empty()) fail();
    labels.push_back(label.get<std::string>());
  }
  if (std::set<std::string>(labels.begin(), labels.end()).size() != labels.size()) fail();
  return labels;
}

DenseHeadOptions parse_head(const Json& json, const std::string& where) {
  Section section(json, where);
  DenseHeadOptions head;
  const auto& widths = section.child("widths");
  const auto is_width = [](const Json& w) {
    return w.is_number_integer() && w.get<std::int64_t>() >= 8 && w.get<std::int64_t>() <= 4096 &&
           w.get<std::int64_t>() % 8 == 0;
  };
  if (!widths.is_array() || widths.size() != head.widths.size() ||
      !std::all_of(widths.begin(), widths.end(), is_width)) {
    section.fail("'widths' is " + widths.dump() + ", expected three multiples of 8 from 8 to 4096");
  }
  for (std::size_t i = 0; i < head.widths.size(); ++i) head.widths[i] = widths[i].get<std::int64_t>();
  head.dropout = section.number("dropout", 0, kMaxDropout);
  head.label_dropout = section.number("label_dropout", 0, kMaxDropout);
  section.finish();
  return head;
}

Calibration parse_calibration(const Json& json, const std::string& where) {
  Section section(json, where);
  Calibration c;
  c.pixel_temperature = section.number("pixel_temperature", 1e-3, 1e3);
  c.label_temperature = section.number("label_temperature", 1e-3, 1e3);
  c.threshold = section.number("threshold", 0, 1);
  c.anomaly_threshold = section.number("anomaly_threshold", 0, 1);
  section.finish();
  return c;
}

}  // namespace

std::optional<std::size_t> HighlightConfig::normal_label() const {
  const auto found = std::find(labels.begin(), labels.end(), normal);
  if (found == labels.end()) return std::nullopt;
  return static_cast<std::size_t>(found - labels.begin());
}

std::vector<std::string> HighlightConfig::findings() const {
  if (labels.empty()) return {finding};
  std::vector<std::string> names;
  for (const auto& label : labels) {
    if (label != normal) names.push_back(finding.empty() ? label : label + " " + finding);
  }
  return names;
}

HighlightConfig parse_highlight_config(const std::string& document, const std::string& source) {
  const auto json = parse_model_json(document, source);
  HighlightConfig config;
  Section root(json, source);
  if (const auto architecture = root.text("architecture"); architecture != HighlightModel::kArchitecture) {
    root.fail("'architecture' is '" + architecture + "', expected " + HighlightModel::kArchitecture);
  }
  config.name = root.text("name");
  config.licence = root.text("licence");
  auto keys = parse_encoder_keys(root, source);
  config.encoder = std::move(keys.encoder);
  config.input_size = keys.input_size;
  config.finding = root.text("finding");
  config.labels = parse_labels(root);
  config.normal = root.text("normal");
  if (!config.normal.empty() && !config.normal_label()) {
    root.fail("'normal' is '" + config.normal + "', expected one of the labels, or nothing");
  }
  Section backbone(root.child("backbone"), source + ": backbone");
  config.grid = backbone.choice("grid", kGrids);
  config.backbone = parse_transformer(backbone);
  backbone.finish();
  config.head = parse_head(root.child("head"), source + ": head");
  if (root.has("captions")) {
    Section section(root.child("captions"), source + ": captions");
    auto& captions = config.captions.emplace();
    captions.vocabulary_size = section.integer("vocabulary_size", 5, 10'000'000);
    captions.max_positions = section.integer("max_positions", 2, kMaxSize);
    captions.transformer = parse_transformer(section);
    if (captions.transformer.width != config.backbone.width) {
      section.fail("width " + std::to_string(captions.transformer.width) + " differs from the backbone's " +
                   std::to_string(config.backbone.width));
    }
    section.finish();
  }
  if (root.has("calibration")) {
    config.calibration = parse_calibration(root.child("calibration"), source + ": calibration");
  }
  root.finish();
  return config;
}

std::string to_json(const HighlightConfig& config) {
  Json backbone = transformer_json(config.backbone);
  backbone["grid"] = text::choice_name(config.grid, kGrids);
  const auto& c = config.calibration;
  Json json{{"architecture", HighlightModel::kArchitecture},
            {"name", config.name},
            {"licence", config.licence},
            {"input_size", config.input_size},
            {"finding", config.finding},
            {"labels", config.labels},
            {"normal", config.normal},
            {"backbone", backbone},
            {"head",
             {{"widths", config.head.widths},
              {"dropout", config.head.dropout},
              {"label_dropout", config.head.label_dropout}}},
            {"calibration",
             {{"pixel_temperature", c.pixel_temperature},
              {"label_temperature", c.label_temperature},
              {"threshold", c.threshold},
              {"anomaly_threshold", c.anomaly_threshold}}}};
  if (config.encoder) json["encoder"] = encoder_json(*config.encoder);
  if (config.captions) {
    json["captions"] = transformer_json(config.captions->transformer);
    json["captions"]["vocabulary_size"] = config.captions->vocabulary_size;
    json["captions"]["max_positions"] = config.captions->max_positions;
  }
  return json.dump(2) + "\n";
}

}  // namespace fovea::nn
