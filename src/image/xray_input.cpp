#include "image/xray_input.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"

namespace fovea::image {
namespace {

constexpr float kMiddle = 127.5F;  // the grey that is 0 on the original's scale

/// The square's channel means, less kMiddle.
cv::Mat1f grey_square(const Image& image, const Window& square) {
  cv::Mat1f grey(square.height, square.width);
  for (int y = 0; y < square.height; ++y) {
    const auto row = (static_cast<std::size_t>(square.y + y) * image.width + square.x) * 3;
    const std::uint8_t* pixel = image.pixels.data() + row;
    for (int x = 0; x < square.width; ++x, pixel += 3) {
      grey(y, x) = static_cast<float>(pixel[0] + pixel[1] + pixel[2]) / 3.0F - kMiddle;
    }
  }
  return grey;
}

/// Weights of a Gaussian up to 4 sigma, as scipy.ndimage has it.
std::vector<float> gaussian(double sigma) {
  const int radius = static_cast<int>(4 * sigma + 0.5);
  std::vector<double> weights;
  double sum = 0;
  for (int x = -radius; x <= radius; ++x) {
    weights.push_back(std::exp(-0.5 / (sigma * sigma) * x * x));
    sum += weights.back();
  }
  std::vector<float> result;
  for (const double weight : weights) result.push_back(static_cast<float>(weight / sum));
  return result;
}

/// Linear interpolation at the centres of `side` x `side` cells; 0 beyond the border.
cv::Mat1f interpolate(const cv::Mat1f& in, int side) {
  const double scale = static_cast<double>(in.rows) / side;
  const auto value = [&](int y, int x) {
    return y < 0 || x < 0 || y >= in.rows || x >= in.cols ? 0.0 : static_cast<double>(in(y, x));
  };
  cv::Mat1f out(side, side);
  for (int i = 0; i < side; ++i) {
    const double y = (i + 0.5) * scale - 0.5;
    const int top = static_cast<int>(std::floor(y));
    const double down = y - top;
    for (int j = 0; j < side; ++j) {
      const double x = (j + 0.5) * scale - 0.5;
      const int left = static_cast<int>(std::floor(x));
      const double across = x - left;
      const double upper = value(top, left) * (1 - across) + value(top, left + 1) * across;
      const double lower = value(top + 1, left) * (1 - across) + value(top + 1, left + 1) * across;
      out(i, j) = static_cast<float>(upper * (1 - down) + lower * down);
    }
  }
  return out;
}

/// Cut to the values of the input, as the original does it: an output that takes in the 0 of the border keeps it.
void clip(const cv::Mat1f& in, cv::Mat1f& out) {
  double low = 0;
  double high = 0;
  double out_low = 0;
  double out_high = 0;
  cv::minMaxLoc(in, &low, &high);
  cv::minMaxLoc(out, &out_low, &out_high);
  const bool has_zero = low <= 0 && high >= 0;
  if (!has_zero && out_low <= 0 && out_high >= 0) {
    low = std::min(low, 0.0);
    high = std::max(high, 0.0);
  }
  cv::max(out, low, out);
  cv::min(out, high, out);
}

}  // namespace

Window central_square(int width, int height) {
  const int side = std::min(width, height);
  return {.x = width / 2 - side / 2, .y = height / 2 - side / 2, .width = side, .height = side};
}

Image make_xray(const Image& image, int side) {
  if (image.width <= 0 || image.height <= 0 ||
      image.pixels.size() != static_cast<std::size_t>(image.width) * image.height * 3) {
    throw Error(ErrorCode::usage, "cannot prepare an image of " + std::to_string(image.width) + " x " +
                                      std::to_string(image.height) + " pixels with " +
                                      std::to_string(image.pixels.size()) + " values: expected width * height * 3");
  }
  const cv::Mat1f square = grey_square(image, central_square(image.width, image.height));
  cv::Mat1f smooth;
  if (square.rows > side) {
    const std::vector<float> weights = gaussian((static_cast<double>(square.rows) / side - 1) / 2);
    cv::sepFilter2D(square, smooth, CV_32F, weights, weights, {-1, -1}, 0, cv::BORDER_CONSTANT);  // 0 beyond the border
  }
  cv::Mat1f resized = interpolate(smooth.empty() ? square : smooth, side);
  clip(square, resized);

  Image result{.width = side, .height = side, .pixels = {}, .geometry = image.geometry};
  result.pixels.reserve(static_cast<std::size_t>(side) * side * 3);
  for (const float value : resized) {
    const auto level = static_cast<std::uint8_t>(std::clamp(std::lround(value + kMiddle), 0L, 255L));
    result.pixels.insert(result.pixels.end(), 3, level);
  }
  return result;
}

}  // namespace fovea::image
