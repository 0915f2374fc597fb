#include <algorithm>
#include <iterator>
#include <string>

#include "fovea/run.hpp"

namespace fovea {

std::vector<std::filesystem::path> read_input_list(std::istream& list) {
  const std::string text{std::istreambuf_iterator<char>(list), {}};
  const char separator = text.find('\0') == std::string::npos ? '\n' : '\0';
  std::vector<std::filesystem::path> inputs;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) inputs.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return inputs;
}

}  // namespace fovea
