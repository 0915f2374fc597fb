#include "train/augment.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ops/empty_like.h>
#include <opencv2/imgproc.hpp>

namespace fovea::train {
namespace {

double uniform(std::mt19937_64& random, double low, double high) {
  // Own scaling: std::uniform_real_distribution is not the same in every standard library.
  return low + (high - low) * static_cast<double>(random() >> 11) * 0x1.0p-53;
}

cv::Rect random_crop(int side, const AugmentOptions& o, std::mt19937_64& random) {
  const double area = uniform(random, o.min_crop_area, 1.0) * side * side;
  const double aspect = std::exp(uniform(random, -std::log(o.max_aspect), std::log(o.max_aspect)));
  const int width = std::clamp(static_cast<int>(std::lround(std::sqrt(area * aspect))), 1, side);
  const int height = std::clamp(static_cast<int>(std::lround(std::sqrt(area / aspect))), 1, side);
  const int x = static_cast<int>(uniform(random, 0, side - width + 1));
  const int y = static_cast<int>(uniform(random, 0, side - height + 1));
  return {x, y, width, height};
}

/// Brightness, contrast about the mean grey and saturation are one affine map of the channels.
void change_colours(cv::Mat& rgb, const AugmentOptions& o, std::mt19937_64& random) {
  const double b = uniform(random, 1 - o.brightness, 1 + o.brightness);
  const double c = uniform(random, 1 - o.contrast, 1 + o.contrast);
  const double s = uniform(random, 1 - o.saturation, 1 + o.saturation);
  constexpr double kLuma[3] = {0.299, 0.587, 0.114};  // ITU-R BT.601
  const cv::Scalar mean = cv::mean(rgb);
  const double grey = kLuma[0] * mean[0] + kLuma[1] * mean[1] + kLuma[2] * mean[2];
  cv::Matx34d map;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      map(row, column) = b * c * ((1 - s) * kLuma[column] + (row == column ? s : 0));
    }
    map(row, 3) = b * (1 - c) * grey;
  }
  cv::transform(rgb, rgb, map);
}

}  // namespace

at::Tensor augment(const at::Tensor& rgb, bool may_flip, const AugmentOptions& options, std::mt19937_64& random) {
  const int side = static_cast<int>(rgb.size(0));
  const cv::Mat source(side, side, CV_8UC3, rgb.data_ptr());
  auto result = at::empty_like(rgb);
  cv::Mat target(side, side, CV_8UC3, result.mutable_data_ptr());
  cv::resize(source(random_crop(side, options, random)), target, target.size(), 0, 0, cv::INTER_LINEAR);
  if (uniform(random, 0, 1) < 0.5 && may_flip) cv::flip(target, target, 1);
  change_colours(target, options, random);
  return result;
}

}  // namespace fovea::train
