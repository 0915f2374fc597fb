#include "text/caption_data.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"

namespace fovea::text {
namespace {

using Json = nlohmann::json;

/// Why a line is refused; the caller knows file and line.
[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::corrupt, what + R"(; expected {"image": "path", "captions": ["text", ...]})");
}

const Json& field(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) refuse("there is no \"" + std::string(name) + "\"");
  return *found;
}

CaptionExample parse_line(const std::string& line, const std::filesystem::path& folder) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (object.is_discarded()) refuse("the line is not JSON");
  if (!object.is_object()) refuse("the line is a JSON " + std::string(object.type_name()));

  const Json& image = field(object, "image");
  if (!image.is_string() || image.get_ref<const std::string&>().empty()) refuse("\"image\" is " + image.dump());
  const Json& captions = field(object, "captions");
  if (!captions.is_array()) refuse("\"captions\" is a JSON " + std::string(captions.type_name()));
  if (captions.empty()) refuse("\"captions\" is empty");

  CaptionExample example{.image = folder / image.get_ref<const std::string&>(), .captions = {}};
  for (const Json& caption : captions) {
    if (!caption.is_string()) refuse("a caption is " + caption.dump());
    example.captions.push_back(caption.get<std::string>());
  }
  return example;
}

}  // namespace

std::vector<CaptionExample> read_caption_data(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::io, "cannot open the caption data " + path.string() + ": " + std::strerror(errno));

  std::vector<CaptionExample> examples;
  std::unordered_map<std::string, std::size_t> lines_of_images;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      auto example = parse_line(line, path.parent_path());
      const auto [earlier, is_new] = lines_of_images.emplace(example.image.string(), number);
      if (!is_new)
        refuse("image " + example.image.string() + " was named before, in line " + std::to_string(earlier->second) +
               ": put all captions of an image into one line");
      examples.push_back(std::move(example));
    } catch (const Error& error) {
      throw Error(error.code(), path.string() + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  if (file.bad()) throw Error(ErrorCode::io, "cannot read the caption data " + path.string());
  if (examples.empty()) throw Error(ErrorCode::corrupt, path.string() + ": there is no example in the file");
  return examples;
}

}  // namespace fovea::text
