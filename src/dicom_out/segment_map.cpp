#include "dicom_out/segment_map.hpp"

#include <algorithm>
#include <cstddef>

#include "dicom_out/codes.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom_out {
namespace {

constexpr const char* kUnnamed = "anomaly";
constexpr std::uint8_t kUnknown = 255;

/// A part that was marked is abnormal, whatever the image as a whole is taken for.
std::string label_of(const std::string& label) { return label.empty() || is_normal(label) ? kUnnamed : label; }

/// Gives `segment` to all pixels that are still unknown and connected to one of the ring's by their sides.
void fill(const Finding& finding, const Region::Ring& ring, std::uint8_t segment, std::vector<std::uint8_t>& map) {
  std::vector<std::array<int, 2>> open(ring.begin(), ring.end());
  while (!open.empty()) {
    const auto [x, y] = open.back();
    open.pop_back();
    if (x < 0 || y < 0 || x >= finding.width || y >= finding.height) continue;
    auto& pixel =
        map[static_cast<std::size_t>(y) * static_cast<std::size_t>(finding.width) + static_cast<std::size_t>(x)];
    if (pixel != kUnknown) continue;
    pixel = segment;
    open.insert(open.end(), {{x + 1, y}, {x - 1, y}, {x, y + 1}, {x, y - 1}});
  }
}

}  // namespace

std::vector<std::string> segment_labels(const std::vector<FrameResult>& frames) {
  std::vector<std::string> labels;
  const auto add = [&labels](const std::string& label) {
    if (std::ranges::find(labels, label) == labels.end()) labels.push_back(label);
  };
  for (const auto& result : frames) {
    for (const auto& region : result.finding.regions) add(label_of(region.label));
  }
  if (labels.empty()) add(kUnnamed);
  if (labels.size() >= kUnknown) {
    throw Error(ErrorCode::unsupported,
                "a DICOM segmentation of " + std::to_string(labels.size()) + " labels; at most 254 are written");
  }
  return labels;
}

std::vector<std::uint8_t> segment_map(const Finding& finding, const std::vector<std::uint8_t>& mask,
                                      const std::vector<std::string>& labels) {
  const auto pixels = static_cast<std::size_t>(finding.width) * static_cast<std::size_t>(finding.height);
  if (mask.size() != pixels) {
    throw Error(ErrorCode::usage, "a mask has " + std::to_string(mask.size()) + " pixels, expected " +
                                      std::to_string(finding.width) + " x " + std::to_string(finding.height));
  }
  const auto segment_of = [&labels](const std::string& label) {
    const auto found = std::ranges::find(labels, label_of(label));
    return found == labels.end() ? std::uint8_t{1} : static_cast<std::uint8_t>(found - labels.begin() + 1);
  };
  std::vector<std::uint8_t> map(pixels);
  std::ranges::transform(mask, map.begin(), [](std::uint8_t value) { return value != 0 ? kUnknown : std::uint8_t{0}; });
  // A region that is connected by corners only is still found whole: its contours touch every part of it.
  for (const auto& region : finding.regions) {
    for (const auto& ring : region.contours) fill(finding, ring, segment_of(region.label), map);
  }
  std::ranges::replace(map, kUnknown, segment_of(finding.label));
  return map;
}

}  // namespace fovea::dicom_out
