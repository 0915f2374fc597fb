#include "text/scan_data.hpp"

#include "text/data_lines.hpp"

namespace fovea::text {
namespace {

constexpr const char* kExpected = R"({"image": "path", "mask": "path", "label": "text", "group": "text"})";

std::string optional_text(const nlohmann::json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || found->is_null()) return {};
  if (!found->is_string()) refuse_line("\"" + std::string(name) + "\" is " + found->dump(), kExpected);
  return found->get<std::string>();
}

}  // namespace

std::vector<ScanExample> read_scan_data(const std::filesystem::path& path) {
  std::vector<ScanExample> examples;
  const auto folder = path.parent_path();
  for_each_line(path, kExpected, [&](const nlohmann::json& line) {
    const auto mask = optional_text(line, "mask");
    examples.push_back({.image = folder / image_of_line(line, kExpected),
                        .mask = mask.empty() ? std::filesystem::path() : folder / mask,
                        .label = optional_text(line, "label"),
                        .group = optional_text(line, "group")});
  });
  return examples;
}

}  // namespace fovea::text
