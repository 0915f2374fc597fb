#include "pipeline/exports.hpp"

#include <array>
#include <functional>
#include <string>
#include <system_error>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "pipeline/record_index.hpp"
#include "pipeline/record_scan.hpp"

namespace fovea::pipeline {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// A file that appears under its name when it is complete; written piece by piece, since it may be large.
class WholeFile {
 public:
  explicit WholeFile(fs::path path)
      : path_(std::move(path)), partial_(path_.native() + ".partial"), out_(partial_, std::ios::binary) {}
  ~WholeFile() {
    std::error_code ignored;
    fs::remove(partial_, ignored);
  }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  std::ofstream& out() { return out_; }
  void finish() {
    out_.close();
    if (!out_) throw Error(ErrorCode::io, "cannot write " + partial_.native());
    std::error_code error;
    fs::rename(partial_, path_, error);
    if (error) throw Error(ErrorCode::io, "cannot write " + path_.native() + ": " + error.message());
  }

 private:
  fs::path path_;
  fs::path partial_;
  std::ofstream out_;
};

void for_each_latest(const fs::path& records, const std::function<void(const CaptionRecord&)>& visit) {
  RecordReader reader(records);
  for (const std::uint64_t offset : latest_records(records)) visit(reader.read(offset));
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + "\"";
}

/// A JSON value as a CSV field.
std::string field(const Json& value) {
  if (value.is_null()) return "";
  return quoted(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

fs::path export_path(const fs::path& records, const char* extension) {
  return fs::path(records).replace_extension(extension);
}

void export_csv(const fs::path& records, const fs::path& csv) {
  static constexpr std::array<const char*, 14> kFields{
      "version",      "input", "frame",  "input_sha256", "status", "caption",      "log_prob",
      "alternatives", "width", "height", "orientation",  "model",  "model_sha256", "options_sha256"};
  WholeFile file(csv);
  for (const char* name : kFields) file.out() << name << ',';
  file.out() << "error_code,error_message\n";
  for_each_latest(records, [&](const CaptionRecord& record) {
    const Json json = Json::parse(to_json_line(record));
    for (const char* name : kFields) file.out() << field(json.at(name)) << ',';
    if (record.error) {
      file.out() << quoted(record.error->code) << ',' << quoted(record.error->message) << '\n';
    } else {
      file.out() << ",\n";
    }
  });
  file.finish();
}

void export_coco(const fs::path& records, const fs::path& results, const fs::path& images) {
  WholeFile results_file(results);
  WholeFile images_file(images);
  results_file.out() << '[';
  images_file.out() << "{\"images\": [";
  int id = 0;
  bool first_result = true;
  for_each_latest(records, [&](const CaptionRecord& record) {
    ++id;
    Json image{
        {"id", id}, {"file_name", record.input}, {"frame", record.frame}, {"width", nullptr}, {"height", nullptr}};
    if (record.width) image["width"] = *record.width;
    if (record.height) image["height"] = *record.height;
    images_file.out() << (id == 1 ? "\n" : ",\n") << image.dump();
    if (!record.caption) return;
    const Json result{{"image_id", id}, {"caption", *record.caption}};
    results_file.out() << (first_result ? "\n" : ",\n") << result.dump();
    first_result = false;
  });
  results_file.out() << "\n]\n";
  images_file.out() << "\n]}\n";
  results_file.finish();
  images_file.finish();
}

}  // namespace fovea::pipeline
