#include "text/caption_data.hpp"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "text/data_lines.hpp"

namespace fovea::text {
namespace {

using Json = nlohmann::json;

constexpr const char* kExpected = R"({"image": "path", "captions": ["text", ...]})";

[[noreturn]] void refuse(const std::string& what) { refuse_line(what, kExpected); }

CaptionExample parse_line(const Json& object, const std::filesystem::path& folder) {
  const auto captions_at = object.find("captions");
  if (captions_at == object.end()) refuse("there is no \"captions\"");
  const Json& captions = *captions_at;
  if (!captions.is_array()) refuse("\"captions\" is a JSON " + std::string(captions.type_name()));
  if (captions.empty()) refuse("\"captions\" is empty");

  CaptionExample example{.image = folder / image_of_line(object, kExpected), .captions = {}};
  for (const Json& caption : captions) {
    if (!caption.is_string()) refuse("a caption is " + caption.dump());
    example.captions.push_back(caption.get<std::string>());
  }
  return example;
}

}  // namespace

std::vector<CaptionExample> read_caption_data(const std::filesystem::path& path) {
  std::vector<CaptionExample> examples;
  for_each_line(path, kExpected, [&](const Json& line) { examples.push_back(parse_line(line, path.parent_path())); });
  return examples;
}

}  // namespace fovea::text
