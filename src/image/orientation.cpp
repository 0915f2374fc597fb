#include "image/orientation.hpp"

#include <utility>

#include <opencv2/core.hpp>

namespace fovea::image {
namespace {

/// Each orientation is a transposition (or none), then mirrorings: 0 upside down, 1 left to right, -1 both (cv::flip).
struct Turn {
  bool transpose;
  bool mirror;
  int flip_code;
};

Turn turn_of(int orientation) {
  switch (orientation) {
    case 2:
      return {false, true, 1};
    case 3:
      return {false, true, -1};
    case 4:
      return {false, true, 0};
    case 5:
      return {true, false, 0};
    case 6:
      return {true, true, 1};  // the camera was turned left: a quarter turn clockwise
    case 7:
      return {true, true, -1};
    case 8:
      return {true, true, 0};
    default:
      return {false, false, 0};
  }
}

cv::Mat view_of(Image& image) { return {image.height, image.width, CV_8UC3, image.pixels.data()}; }

}  // namespace

Image apply_orientation(Image stored, int orientation) {
  stored.geometry.exif_orientation = orientation;
  const Turn turn = turn_of(orientation);
  if (turn.transpose) {
    Image turned{.width = stored.height,
                 .height = stored.width,
                 .pixels = std::vector<std::uint8_t>(stored.pixels.size()),
                 .geometry = stored.geometry};
    std::swap(turned.geometry.width, turned.geometry.height);
    cv::transpose(view_of(stored), view_of(turned));
    stored = std::move(turned);
  }
  if (turn.mirror) {
    cv::Mat pixels = view_of(stored);
    cv::flip(pixels, pixels, turn.flip_code);
  }
  return stored;
}

}  // namespace fovea::image
