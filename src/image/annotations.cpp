#include "image/annotations.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/photo.hpp>

namespace fovea::image {
namespace {

// Sizes for an image whose shorter side has 256 pixels; larger images scale them.
constexpr double kSide = 256;
constexpr int kStroke = 5;        // strokes are thinner than this
constexpr int kMargin = 1;        // pixels around a mark that its smoothing has touched
constexpr double kContrast = 70;  // levels by which a mark outshines its surroundings
constexpr double kBright = 160;   // and its level
constexpr double kColour = 60;    // difference of the channels in a coloured mark: a scan is grey

cv::Mat3b view(const Image& image) {
  return {image.height, image.width,
          reinterpret_cast<cv::Vec3b*>(const_cast<std::uint8_t*>(image.pixels.data()))};  // NOLINT: not written to
}

cv::Mat ellipse(int size) { return cv::getStructuringElement(cv::MORPH_ELLIPSE, {size, size}); }

cv::Mat1b marks(const Image& image) {
  const auto pixels = view(image);
  const double scale = std::max(1.0, std::min(image.width, image.height) / kSide);
  const auto odd = [&](int size) { return 2 * static_cast<int>(std::lround(size * scale / 2 - 0.25)) + 1; };
  std::vector<cv::Mat> channels;
  cv::split(pixels, channels);
  cv::Mat high, low, top_hat;
  cv::max(channels[0], channels[1], high);
  cv::max(high, channels[2], high);
  cv::min(channels[0], channels[1], low);
  cv::min(low, channels[2], low);
  cv::morphologyEx(high, top_hat, cv::MORPH_TOPHAT, ellipse(odd(kStroke)));
  const cv::Mat coloured = (high - low) > kColour;
  const cv::Mat seeds = ((top_hat > kContrast) & (high > kBright)) | (coloured & (top_hat > kContrast / 2));
  cv::Mat1b grown;
  cv::dilate(seeds, grown, ellipse(odd(2 * kMargin + 1)));
  return grown;
}

}  // namespace

std::vector<std::uint8_t> find_annotations(const Image& image) {
  const auto found = marks(image);
  std::vector<std::uint8_t> result;
  result.reserve(found.total());
  std::transform(found.begin(), found.end(), std::back_inserter(result),
                 [](std::uint8_t value) { return static_cast<std::uint8_t>(value != 0); });
  return result;
}

Image without_annotations(const Image& image) {
  Image clean = image;
  const auto found = marks(image);
  if (cv::countNonZero(found) == 0) return clean;
  constexpr double kRadius = 3;
  cv::Mat3b target = view(clean);
  cv::inpaint(view(image), found, target, kRadius, cv::INPAINT_TELEA);
  return clean;
}

}  // namespace fovea::image
