#include "pipeline/finding_table.hpp"

#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "pipeline/csv.hpp"
#include "pipeline/finding_record.hpp"

namespace fovea::pipeline {
namespace {

using Json = nlohmann::ordered_json;

/// The sum of a field of all regions; null where one of them does not have it.
Json sum_of(const Json& regions, const char* field) {
  double sum = 0;
  for (const Json& region : regions) {
    if (region.at(field).is_null()) return nullptr;
    sum += region.at(field).get<double>();
  }
  return sum;
}

Json table_row(std::string_view line) {
  Json json = Json::parse(line);
  const Json error = json.at("error");
  const Json regions = json.at("regions");
  const Json source = json.at("source");
  json["error_code"] = error.is_null() ? Json() : error.at("code");
  json["error_message"] = error.is_null() ? Json() : error.at("message");
  const bool found = regions.is_array() && !regions.empty();
  json["regions"] = regions.is_array() ? Json(regions.size()) : Json();
  json["area_px"] = regions.is_array() ? sum_of(regions, "area_px") : Json();
  json["area_mm2"] = found ? sum_of(regions, "area_mm2") : Json();
  json["first_score"] = found ? regions.at(0).at("score") : Json();
  json["first_box"] = found ? regions.at(0).at("box") : Json();
  for (const char* uid : {"study_uid", "series_uid", "sop_uid"}) json[uid] = source.at(uid);
  if (const Json notices = json.at("notices"); notices.empty()) json["notices"] = nullptr;
  return json;
}

}  // namespace

void write_finding_table(const std::filesystem::path& findings, const std::filesystem::path& csv) {
  static const std::vector<const char*> kFields{
      "version",      "input",          "frame",          "frame_count",       "input_sha256", "status",     "label",
      "explained",    "scores",         "anomaly_score",  "anomaly_threshold", "threshold",    "regions",    "area_px",
      "area_mm2",     "first_score",    "first_box",      "caption",           "distance",     "unfamiliar", "notices",
      "width",        "height",         "spacing_source", "study_uid",         "series_uid",   "sop_uid",    "model",
      "model_sha256", "options_sha256", "error_code",     "error_message"};
  write_table(findings, kFindingRecords, csv, kFields, table_row);
}

}  // namespace fovea::pipeline
