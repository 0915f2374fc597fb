#include "render/colormap.hpp"

#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"

namespace fovea::render {
namespace {

constexpr int kGray = -1;  // OpenCV has no table for it: every channel is the value itself

struct NamedMap {
  const char* name;
  int opencv_id;
};

// Brightness rises evenly in the first ones up to "grey"; the others trade that for more hues or for habit.
constexpr NamedMap kMaps[] = {
    {"viridis", cv::COLORMAP_VIRIDIS},
    {"inferno", cv::COLORMAP_INFERNO},
    {"magma", cv::COLORMAP_MAGMA},
    {"plasma", cv::COLORMAP_PLASMA},
    {"gray", kGray},
    {"grey", kGray},
    {"turbo", cv::COLORMAP_TURBO},
    {"hot", cv::COLORMAP_HOT},
    {"jet", cv::COLORMAP_JET},
};

}  // namespace

std::vector<std::string> colormap_names() {
  std::vector<std::string> names;
  for (const NamedMap& map : kMaps) {
    names.emplace_back(map.name);
  }
  return names;
}

ColorTable color_table(std::string_view name) {
  for (const NamedMap& map : kMaps) {
    if (name != map.name) {
      continue;
    }
    cv::Mat1b ramp(1, 256);
    for (int i = 0; i < 256; ++i) {
      ramp(0, i) = static_cast<std::uint8_t>(i);
    }
    cv::Mat3b bgr;
    if (map.opencv_id == kGray) {
      cv::cvtColor(ramp, bgr, cv::COLOR_GRAY2BGR);
    } else {
      cv::applyColorMap(ramp, bgr, map.opencv_id);
    }
    ColorTable table;
    for (int i = 0; i < 256; ++i) {
      const cv::Vec3b& color = bgr(0, i);
      table[static_cast<std::size_t>(i)] = {color[2], color[1], color[0]};
    }
    return table;
  }
  std::string known;
  for (const std::string& each : colormap_names()) {
    known += (known.empty() ? "" : ", ") + each;
  }
  throw Error(ErrorCode::usage, "unknown colour map \"" + std::string(name) + "\"; choose one of: " + known);
}

}  // namespace fovea::render
