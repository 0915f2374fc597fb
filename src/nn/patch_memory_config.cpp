#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "nn/encoder_config.hpp"
#include "nn/model_folder.hpp"
#include "nn/patch_memory.hpp"
#include "text/json_section.hpp"

namespace fovea::nn {
namespace {

using Json = text::OrderedJson;
using Section = text::JsonSection;

constexpr text::Choices<PyramidLevel, 4> kLevels{{{PyramidLevel::quarter, "quarter"},
                                                  {PyramidLevel::eighth, "eighth"},
                                                  {PyramidLevel::sixteenth, "sixteenth"},
                                                  {PyramidLevel::last, "last"}}};

/// Different levels, in any order; sorted, finest first.
std::vector<PyramidLevel> parse_levels(Section& root, const std::optional<EncoderConfig>& encoder) {
  const auto& list = root.child("levels");
  const auto fail = [&] {
    root.fail("'levels' is " + list.dump() + ", expected a list of different ones of quarter, eighth, sixteenth, last");
  };
  if (!list.is_array() || list.empty()) fail();
  std::set<PyramidLevel> levels;
  for (const auto& name : list) {
    const auto found =
        std::find_if(kLevels.begin(), kLevels.end(), [&](const auto& choice) { return name == choice.second; });
    if (found == kLevels.end() || !levels.insert(found->first).second) fail();
  }
  if (layout_of(encoder).one_grid && (levels.size() > 1 || !levels.contains(PyramidLevel::last))) {
    root.fail("'levels' is " + list.dump() + ", but the encoder (" + encoder->family +
              ") has one grid; expected [\"last\"]");
  }
  return {levels.begin(), levels.end()};
}

DistanceScale parse_scale(Section& calibration, const char* key, const std::string& where) {
  Section section(calibration.child(key), where + ": " + key);
  const DistanceScale scale{.limit = section.number("limit", 0, 1e6), .scale = section.number("scale", 1e-9, 1e6)};
  section.finish();
  return scale;
}

NormalCalibration parse_calibration(const Json& json, const std::string& where) {
  Section section(json, where);
  NormalCalibration c;
  c.pixel = parse_scale(section, "pixel", where);
  c.image = parse_scale(section, "image", where);
  c.marked_share = section.number("marked_share", 0, 1);
  c.false_alarm_share = section.number("false_alarm_share", 0, 1);
  c.images = section.integer("images", 0, INT64_MAX);
  section.finish();
  return c;
}

}  // namespace

std::int64_t PatchMemoryConfig::channels() const {
  std::int64_t sum = 0;
  for (const auto channels : level_channels()) sum += channels;
  return sum;
}

std::vector<std::int64_t> PatchMemoryConfig::level_channels() const {
  std::vector<std::int64_t> channels;
  for (const auto level : levels) channels.push_back(grid_level(layout_of(encoder), level).channels);
  return channels;
}

std::vector<PyramidLevel> usual_levels(const std::optional<EncoderConfig>& encoder) {
  if (layout_of(encoder).one_grid) return {PyramidLevel::last};
  return {PyramidLevel::eighth, PyramidLevel::sixteenth};
}

PatchMemoryConfig parse_patch_memory_config(const std::string& document, const std::string& source) {
  const auto json = parse_model_json(document, source);
  PatchMemoryConfig config;
  Section root(json, source);
  if (const auto architecture = root.text("architecture"); architecture != PatchMemoryModel::kArchitecture) {
    root.fail("'architecture' is '" + architecture + "', expected " + PatchMemoryModel::kArchitecture);
  }
  config.name = root.text("name");
  config.licence = root.text("licence");
  auto keys = parse_encoder_keys(root, source);
  config.encoder = std::move(keys.encoder);
  config.input_size = keys.input_size;
  config.finding = root.text("finding");
  if (config.finding.empty()) root.fail("'finding' is empty, expected what is marked, such as anomaly");
  config.levels = parse_levels(root, config.encoder);
  constexpr std::int64_t kMostPatches = 1 << 20;
  config.patches = root.integer("patches", 1, kMostPatches);
  config.neighbours = root.integer("neighbours", 1, 1000);
  config.smoothing = root.number("smoothing", 0, 64);
  config.calibration = parse_calibration(root.child("calibration"), source + ": calibration");
  root.finish();
  return config;
}

std::string to_json(const PatchMemoryConfig& config) {
  const auto& c = config.calibration;
  const auto scale = [](const DistanceScale& s) { return Json{{"limit", s.limit}, {"scale", s.scale}}; };
  Json levels = Json::array();
  for (const auto level : config.levels) levels.push_back(text::choice_name(level, kLevels));
  Json json{{"architecture", PatchMemoryModel::kArchitecture},
            {"name", config.name},
            {"licence", config.licence},
            {"input_size", config.input_size},
            {"finding", config.finding},
            {"levels", levels},
            {"patches", config.patches},
            {"neighbours", config.neighbours},
            {"smoothing", config.smoothing},
            {"calibration",
             {{"pixel", scale(c.pixel)},
              {"image", scale(c.image)},
              {"marked_share", c.marked_share},
              {"false_alarm_share", c.false_alarm_share},
              {"images", c.images}}}};
  if (config.encoder) json["encoder"] = encoder_json(*config.encoder);
  return json.dump(2) + "\n";
}

}  // namespace fovea::nn
