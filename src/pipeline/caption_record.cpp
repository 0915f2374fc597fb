#include "pipeline/caption_record.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"

namespace fovea::pipeline {
namespace {

using Json = nlohmann::ordered_json;

/// Below this the sums of fp32 differ with the order of addition.
double rounded(double log_prob) { return std::round(log_prob * 1e4) / 1e4; }

}  // namespace

std::string to_json_line(const CaptionRecord& record) {
  Json alternatives = Json::array();
  for (const AlternativeCaption& alternative : record.alternatives) {
    alternatives.push_back({{"caption", alternative.caption}, {"log_prob", rounded(alternative.log_prob)}});
  }
  const Json json{{"version", record.version},
                  {"input", record.input},
                  {"frame", record.frame},
                  {"input_sha256", text_or_null(record.input_sha256)},
                  {"status", record.ok() ? "ok" : "error"},
                  {"caption", or_null(record.caption)},
                  {"log_prob", record.log_prob ? Json(rounded(*record.log_prob)) : Json(nullptr)},
                  {"alternatives", alternatives},
                  {"width", or_null(record.width)},
                  {"height", or_null(record.height)},
                  {"orientation", or_null(record.orientation)},
                  {"model", record.model},
                  {"model_sha256", record.model_sha256},
                  {"options_sha256", record.options_sha256},
                  {"error", error_json(record)}};
  return json_line(json);
}

CaptionRecord parse_caption_record(std::string_view line) {
  try {
    const Json json = Json::parse(line);
    CaptionRecord record;
    read_run_record(json, record);
    record.caption = read_optional<std::string>(json, "caption");
    record.log_prob = read_optional<double>(json, "log_prob");
    for (const Json& alternative : json.at("alternatives")) {
      record.alternatives.push_back(
          {alternative.at("caption").get<std::string>(), alternative.at("log_prob").get<double>()});
    }
    record.width = read_optional<int>(json, "width");
    record.height = read_optional<int>(json, "height");
    record.orientation = read_optional<int>(json, "orientation");
    return record;
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::corrupt, e.what());
  }
}

const RecordKind kCaptionRecords{
    .record = "a caption record",
    .file = "a captions file",
    .results = "captions",
    .parse = [](std::string_view line) -> RunRecord { return parse_caption_record(line); }};

}  // namespace fovea::pipeline
