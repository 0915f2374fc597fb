#include "train/augment.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ops/empty_like.h>
#include <opencv2/imgproc.hpp>

#include "train/colour_change.hpp"
#include "train/random.hpp"

namespace fovea::train {
namespace {

cv::Rect random_crop(int side, const AugmentOptions& o, std::mt19937_64& random) {
  const double area = uniform(random, o.min_crop_area, 1.0) * side * side;
  const double aspect = std::exp(uniform(random, -std::log(o.max_aspect), std::log(o.max_aspect)));
  const int width = std::clamp(static_cast<int>(std::lround(std::sqrt(area * aspect))), 1, side);
  const int height = std::clamp(static_cast<int>(std::lround(std::sqrt(area / aspect))), 1, side);
  const int x = static_cast<int>(uniform(random, 0, side - width + 1));
  const int y = static_cast<int>(uniform(random, 0, side - height + 1));
  return {x, y, width, height};
}

}  // namespace

at::Tensor augment(const at::Tensor& rgb, bool may_flip, const AugmentOptions& options, std::mt19937_64& random) {
  const int side = static_cast<int>(rgb.size(0));
  const cv::Mat source(side, side, CV_8UC3, rgb.data_ptr());
  auto result = at::empty_like(rgb);
  cv::Mat target(side, side, CV_8UC3, result.mutable_data_ptr());
  cv::resize(source(random_crop(side, options, random)), target, target.size(), 0, 0, cv::INTER_LINEAR);
  if (uniform(random, 0, 1) < 0.5 && may_flip) cv::flip(target, target, 1);
  change_colours(target, colour_change(options.brightness, options.contrast, options.saturation, random));
  return result;
}

}  // namespace fovea::train
