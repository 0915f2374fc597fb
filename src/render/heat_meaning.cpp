#include "render/heat_meaning.hpp"

namespace fovea::render {

std::string heat_meaning(const Finding& finding) {
  if (!finding.explained) return kAnomalyMeaning;
  constexpr std::size_t kMaxLabel = 40;  // bytes; a legend is as wide as this line
  std::string label = *finding.explained;
  if (label.size() > kMaxLabel) {
    std::size_t end = kMaxLabel;
    while (end > 0 && (static_cast<unsigned char>(label[end]) & 0xC0U) == 0x80U) --end;  // within a character of UTF-8
    label = label.substr(0, end) + " ...";
  }
  return "Where the model looked for " + label;
}

}  // namespace fovea::render
