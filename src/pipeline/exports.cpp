#include "pipeline/exports.hpp"

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "io/file.hpp"
#include "pipeline/caption_record.hpp"
#include "pipeline/csv.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// A line as the row of a table: its error in two fields.
Json table_row(std::string_view line) {
  Json json = Json::parse(line);
  const Json error = json.at("error");
  json["error_code"] = error.is_null() ? Json() : error.at("code");
  json["error_message"] = error.is_null() ? Json() : error.at("message");
  return json;
}

}  // namespace

fs::path export_path(const fs::path& records, const char* extension) {
  return fs::path(records).replace_extension(extension);
}

void export_csv(const fs::path& records, const fs::path& csv) {
  static const std::vector<const char*> kFields{"version",      "input",          "frame",       "input_sha256",
                                                "status",       "caption",        "log_prob",    "alternatives",
                                                "width",        "height",         "orientation", "model",
                                                "model_sha256", "options_sha256", "error_code",  "error_message"};
  write_table(records, kCaptionRecords, csv, kFields, table_row);
}

void export_coco(const fs::path& records, const fs::path& results, const fs::path& images) {
  io::write_stream(results, [&](std::ostream& results_out) {
    io::write_stream(images, [&](std::ostream& images_out) {
      results_out << '[';
      images_out << "{\"images\": [";
      int id = 0;
      bool first_result = true;
      for_each_latest_line(records, kCaptionRecords, [&](std::string_view line) {
        const CaptionRecord record = parse_caption_record(line);
        ++id;
        const Json image{{"id", id},
                         {"file_name", record.input},
                         {"frame", record.frame},
                         {"width", or_null(record.width)},
                         {"height", or_null(record.height)}};
        images_out << (id == 1 ? "\n" : ",\n") << image.dump();
        if (!record.caption) return;
        const Json result{{"image_id", id}, {"caption", *record.caption}};
        results_out << (first_result ? "\n" : ",\n") << result.dump();
        first_result = false;
      });
      results_out << "\n]\n";
      images_out << "\n]}\n";
    });
  });
}

}  // namespace fovea::pipeline
