#include "text/data_lines.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <unordered_map>

#include "fovea/error.hpp"

namespace fovea::text {

void refuse_line(const std::string& what, const char* expected) {
  throw Error(ErrorCode::corrupt, what + "; expected " + expected);
}

std::string image_of_line(const nlohmann::json& line, const char* expected) {
  const auto image = line.find("image");
  if (image == line.end()) refuse_line("there is no \"image\"", expected);
  if (!image->is_string() || image->get_ref<const std::string&>().empty()) {
    refuse_line("\"image\" is " + image->dump(), expected);
  }
  return image->get<std::string>();
}

void for_each_line(const std::filesystem::path& path, const char* expected,
                   const std::function<void(const nlohmann::json&)>& read) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorCode::io, "cannot open the data set " + path.string() + ": " + std::strerror(errno));

  std::unordered_map<std::string, std::size_t> lines_of_images;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
      if (object.is_discarded()) refuse_line("the line is not JSON", expected);
      if (!object.is_object()) refuse_line("the line is a JSON " + std::string(object.type_name()), expected);
      const auto image = image_of_line(object, expected);
      const auto [earlier, is_new] = lines_of_images.emplace(image, number);
      if (!is_new) {
        refuse_line("image " + image + " was named before, in line " + std::to_string(earlier->second) +
                        ": put all that is known of an image into one line",
                    expected);
      }
      read(object);
    } catch (const Error& error) {
      throw Error(error.code(), path.string() + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  if (file.bad()) throw Error(ErrorCode::io, "cannot read the data set " + path.string());
  if (lines_of_images.empty()) throw Error(ErrorCode::corrupt, path.string() + ": there is no example in the file");
}

}  // namespace fovea::text
