#include "pipeline/caption_record.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"

namespace fovea::pipeline {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

/// Below this the sums of fp32 differ with the order of addition.
double rounded(double log_prob) { return std::round(log_prob * 1e4) / 1e4; }

template <typename T>
std::optional<T> read_optional(const Json& json, const char* field) {
  const Json& value = json.at(field);
  return value.is_null() ? std::nullopt : std::optional<T>(value.get<T>());
}

}  // namespace

std::string to_json_line(const CaptionRecord& record) {
  Json alternatives = Json::array();
  for (const AlternativeCaption& alternative : record.alternatives) {
    alternatives.push_back({{"caption", alternative.caption}, {"log_prob", rounded(alternative.log_prob)}});
  }
  Json error = nullptr;
  if (record.error) error = {{"code", record.error->code}, {"message", record.error->message}};
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
                  {"error", error}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

CaptionRecord parse_caption_record(std::string_view line) {
  try {
    const Json json = Json::parse(line);
    CaptionRecord record;
    record.version = json.at("version").get<std::string>();
    record.input = json.at("input").get<std::string>();
    record.frame = json.at("frame").get<int>();
    record.input_sha256 = read_optional<std::string>(json, "input_sha256").value_or("");
    record.caption = read_optional<std::string>(json, "caption");
    record.log_prob = read_optional<double>(json, "log_prob");
    for (const Json& alternative : json.at("alternatives")) {
      record.alternatives.push_back(
          {alternative.at("caption").get<std::string>(), alternative.at("log_prob").get<double>()});
    }
    record.width = read_optional<int>(json, "width");
    record.height = read_optional<int>(json, "height");
    record.orientation = read_optional<int>(json, "orientation");
    record.model = json.at("model").get<std::string>();
    record.model_sha256 = json.at("model_sha256").get<std::string>();
    record.options_sha256 = json.at("options_sha256").get<std::string>();
    if (const Json& error = json.at("error"); !error.is_null()) {
      record.error = RecordError{error.at("code").get<std::string>(), error.at("message").get<std::string>()};
    }
    if (const auto status = json.at("status").get<std::string>(); status != (record.ok() ? "ok" : "error")) {
      throw Error(ErrorCode::corrupt,
                  "status is \"" + status + "\", but error " + (record.ok() ? "is null" : "is set"));
    }
    return record;
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::corrupt, e.what());
  }
}

}  // namespace fovea::pipeline
