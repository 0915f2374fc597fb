#include "pipeline/csv.hpp"

#include <ostream>
#include <string>

#include "io/file.hpp"
#include "pipeline/record_index.hpp"
#include "pipeline/record_scan.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + "\"";
}

std::string field_text(const Json& value) {
  if (value.is_null()) return "";
  return quoted(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

void for_each_latest_line(const fs::path& records, const RecordKind& kind,
                          const std::function<void(std::string_view line)>& visit) {
  RecordReader reader(records);
  for (const std::uint64_t offset : latest_records(records, kind)) visit(reader.line(offset));
}

void write_table(const fs::path& records, const RecordKind& kind, const fs::path& csv,
                 const std::vector<const char*>& fields, const std::function<Json(std::string_view line)>& row) {
  io::write_stream(csv, [&](std::ostream& out) {
    const auto put = [&](const auto& text_of) {
      const char* separator = "";
      for (const char* name : fields) {
        out << separator << text_of(name);
        separator = ",";
      }
      out << '\n';
    };
    put([](const char* name) { return std::string(name); });
    for_each_latest_line(records, kind, [&](std::string_view line) {
      const Json json = row(line);
      put([&](const char* name) { return field_text(json.at(name)); });
    });
  });
}

}  // namespace fovea::pipeline
