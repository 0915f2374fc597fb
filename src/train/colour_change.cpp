#include "train/colour_change.hpp"

#include <cmath>

#include <opencv2/imgproc.hpp>

#include "train/random.hpp"

namespace fovea::train {
namespace {

constexpr double kLuma[3] = {0.299, 0.587, 0.114};  // ITU-R BT.601

/// Turns the hues by `angle` about the grey axis (Rodrigues' formula with axis (1, 1, 1) / sqrt 3).
cv::Matx33d hue_turn(double angle) {
  const double c = std::cos(angle), third = (1 - c) / 3, s = std::sin(angle) / std::sqrt(3.0);
  return {c + third, third - s, third + s, third + s, c + third, third - s, third - s, third + s, c + third};
}

}  // namespace

ColourChange colour_change(double brightness, double contrast, double saturation, std::mt19937_64& random) {
  ColourChange change;
  change.brightness = uniform(random, 1 - brightness, 1 + brightness);
  change.contrast = uniform(random, 1 - contrast, 1 + contrast);
  change.saturation = uniform(random, 1 - saturation, 1 + saturation);
  return change;
}

void change_colours(cv::Mat& rgb, const ColourChange& change) {
  const auto [b, c, s, hue] = change;
  const cv::Scalar mean = cv::mean(rgb);
  const double grey = kLuma[0] * mean[0] + kLuma[1] * mean[1] + kLuma[2] * mean[2];
  cv::Matx33d saturate;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      saturate(row, column) = b * c * ((1 - s) * kLuma[column] + (row == column ? s : 0));
    }
  }
  const cv::Matx33d turned = hue == 0 ? saturate : saturate * hue_turn(hue);
  cv::Matx34d map;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) map(row, column) = turned(row, column);
    map(row, 3) = b * (1 - c) * grey;
  }
  cv::transform(rgb, rgb, map);
}

}  // namespace fovea::train
