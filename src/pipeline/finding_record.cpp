#include "pipeline/finding_record.hpp"

#include <array>
#include <cmath>

#include "fovea/error.hpp"
#include "pipeline/path_text.hpp"

namespace fovea::pipeline {
namespace {

using Json = nlohmann::ordered_json;

/// To what sums of fp32 do not differ in with the order of addition.
Json rounded(double value) { return std::isfinite(value) ? Json(std::round(value * 1e6) / 1e6) : Json(nullptr); }

Json rounded_or_null(const std::optional<double>& value) { return value ? rounded(*value) : Json(nullptr); }

template <std::size_t N>
Json rounded_list(const std::array<double, N>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(rounded(value));
  return list;
}

Json region_json(const Region& region) {
  return {{"label", region.label},
          {"score", rounded(region.score)},
          {"box", region.box},
          {"contours", region.contours},
          {"area_px", rounded(region.area_px)},
          {"area_mm2", rounded_or_null(region.area_mm2)},
          {"centroid_px", rounded_list(region.centroid_px)},
          {"centroid_mm", region.centroid_mm ? rounded_list(*region.centroid_mm) : Json(nullptr)}};
}

Region parse_region(const Json& json) {
  Region region;
  region.label = json.at("label").get<std::string>();
  region.score = json.at("score").get<double>();
  region.box = json.at("box").get<std::array<int, 4>>();
  region.contours = json.at("contours").get<std::vector<Region::Ring>>();
  region.area_px = json.at("area_px").get<double>();
  region.area_mm2 = read_optional<double>(json, "area_mm2");
  region.centroid_px = json.at("centroid_px").get<std::array<double, 2>>();
  region.centroid_mm = read_optional<std::array<double, 3>>(json, "centroid_mm");
  return region;
}

/// @param input, prefix how paths of the input and of the item's files begin where the text stands
Json record_json(const FindingRecord& record, const std::string& input, const std::string& prefix) {
  Json scores = nullptr;
  Json regions = nullptr;
  if (record.finding) {
    scores = Json::object();
    for (const auto& [label, p] : record.finding->scores) scores[label] = rounded(p);
    regions = Json::array();
    for (const Region& region : record.finding->regions) regions.push_back(region_json(region));
  }
  Json files = Json::object();
  for (const auto& [name, path] : record.files) files[name] = prefix + path;
  Json refused = Json::object();
  for (const auto& [name, why] : record.refused) refused[name] = why;
  const auto of_finding = [&](const auto& value_of) {
    return record.finding ? Json(value_of(*record.finding)) : Json();
  };
  return {{"version", record.version},
          {"input", input},
          {"frame", record.frame},
          {"frame_count", record.frame_count},
          {"input_sha256", text_or_null(record.input_sha256)},
          {"status", record.ok() ? "ok" : "error"},
          {"error", error_json(record)},
          {"width", of_finding([](const Finding& f) { return f.width; })},
          {"height", of_finding([](const Finding& f) { return f.height; })},
          {"label", of_finding([](const Finding& f) { return f.label; })},
          {"explained", of_finding([](const Finding& f) { return f.explained ? Json(*f.explained) : Json(); })},
          {"scores", scores},
          {"anomaly_score", of_finding([](const Finding& f) { return rounded_or_null(f.anomaly_score); })},
          {"anomaly_threshold", of_finding([](const Finding& f) { return rounded_or_null(f.anomaly_threshold); })},
          {"threshold", of_finding([](const Finding& f) { return rounded(f.threshold); })},
          {"regions", regions},
          {"caption", of_finding([](const Finding& f) { return text_or_null(caption_text(f)); })},
          {"distance", of_finding([](const Finding& f) { return rounded_or_null(f.distance); })},
          {"unfamiliar", of_finding([](const Finding& f) { return f.distance ? Json(f.unfamiliar) : Json(); })},
          {"notices", record.notices},
          {"files", files},
          {"refused", refused},
          {"model", record.model},
          {"model_sha256", record.model_sha256},
          {"options_sha256", record.options_sha256},
          {"source",
           {{"study_uid", text_or_null(record.study_uid)},
            {"series_uid", text_or_null(record.series_uid)},
            {"sop_uid", text_or_null(record.sop_uid)}}},
          {"spacing_source", text_or_null(record.spacing_source)}};
}

Finding parse_finding(const Json& json) {
  Finding finding;
  finding.width = json.at("width").get<int>();
  finding.height = json.at("height").get<int>();
  finding.label = json.at("label").get<std::string>();
  if (json.contains("explained")) finding.explained = read_optional<std::string>(json, "explained");
  for (const auto& [label, p] : json.at("scores").items()) finding.scores.emplace_back(label, p.get<double>());
  finding.anomaly_score = read_optional<double>(json, "anomaly_score");
  finding.anomaly_threshold = read_optional<double>(json, "anomaly_threshold");
  finding.threshold = json.at("threshold").get<double>();
  for (const Json& region : json.at("regions")) finding.regions.push_back(parse_region(region));
  if (const auto caption = read_optional<std::string>(json, "caption")) {
    finding.caption.emplace().hypotheses.emplace_back().text = *caption;
  }
  finding.distance = read_optional<double>(json, "distance");
  finding.unfamiliar = read_optional<bool>(json, "unfamiliar").value_or(false);
  return finding;
}

/// How paths begin that lead out of a folder which lies below OUT.
std::string way_out(const std::string& folder) {
  std::string way = "../";
  for (const char c : folder) way += c == '/' ? "../" : "";
  return way;
}

}  // namespace

std::string caption_text(const Finding& finding) {
  const bool has_text = finding.caption && !finding.caption->hypotheses.empty();
  return has_text ? finding.caption->hypotheses.front().text : "";
}

void set_source(FindingRecord& record, const Scan& scan) {
  record.study_uid = scan.identity.study_uid;
  record.series_uid = scan.identity.series_uid;
  record.sop_uid = scan.identity.sop_uid;
  if (scan.geometry.spacing) record.spacing_source = to_string(scan.geometry.spacing->source);
}

std::string to_json_line(const FindingRecord& record) {
  return json_line(record_json(record, record.input, escape_path(record.folder) + "/"));
}

std::string to_json_file(const FindingRecord& record) {
  const std::string input = record.input_is_path ? way_out(record.folder) + record.input : record.input;
  return json_fields(record_json(record, input, ""));
}

FindingRecord parse_finding_record(std::string_view line) {
  try {
    const Json json = Json::parse(line);
    FindingRecord record;
    read_run_record(json, record);
    record.frame_count = json.at("frame_count").get<int>();
    if (record.ok()) record.finding = parse_finding(json);
    const Json& source = json.at("source");
    record.study_uid = read_optional<std::string>(source, "study_uid").value_or("");
    record.series_uid = read_optional<std::string>(source, "series_uid").value_or("");
    record.sop_uid = read_optional<std::string>(source, "sop_uid").value_or("");
    record.spacing_source = read_optional<std::string>(json, "spacing_source").value_or("");
    record.notices = json.at("notices").get<std::vector<std::string>>();
    for (const auto& [name, path] : json.at("files").items()) {
      const auto text = path.get<std::string>();
      const std::size_t slash = text.rfind('/');
      if (slash == std::string::npos) throw Error(ErrorCode::corrupt, "the path " + text + " has no folder");
      record.folder = unescape_path(text.substr(0, slash));
      record.files.emplace_back(name, text.substr(slash + 1));
    }
    for (const auto& [name, why] : json.at("refused").items())
      record.refused.emplace_back(name, why.get<std::string>());
    return record;
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::corrupt, e.what());
  }
}

const RecordKind kFindingRecords{
    .record = "a finding record",
    .file = "a findings file",
    .results = "findings",
    .parse = [](std::string_view line) -> RunRecord { return parse_finding_record(line); }};

}  // namespace fovea::pipeline
