#include "train/scan_augment.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <ATen/ops/empty_like.h>
#include <opencv2/imgproc.hpp>

#include "train/colour_change.hpp"
#include "train/random.hpp"

namespace fovea::train {
namespace {

bool coin(std::mt19937_64& random, double probability = 0.5) { return uniform(random, 0, 1) < probability; }

/// A factor from 1 / (1 + limit) to 1 + limit, as likely to enlarge as to shrink.
double factor(std::mt19937_64& random, double limit) {
  const double log = std::log1p(limit);
  return std::exp(uniform(random, -log, log));
}

/// Where each pixel of the result comes from: an affine map about the centre, and a smooth displacement.
void draw_maps(int side, const ScanAugmentOptions& o, std::mt19937_64& random, cv::Mat1f& map_x, cv::Mat1f& map_y) {
  const double angle = uniform(random, -o.rotate, o.rotate) * std::numbers::pi / 180;
  const double zoom = factor(random, o.scale), stretch = std::sqrt(factor(random, o.aspect));
  const double flip_x = o.flip_horizontal && coin(random) ? -1 : 1, flip_y = o.flip_vertical && coin(random) ? -1 : 1;
  const double centre = (side - 1) / 2.0;
  const double move_x = uniform(random, -o.shift, o.shift) * side, move_y = uniform(random, -o.shift, o.shift) * side;
  const double xx = std::cos(angle) / (zoom * stretch) * flip_x, xy = -std::sin(angle) / (zoom / stretch) * flip_x;
  const double yx = std::sin(angle) / (zoom * stretch) * flip_y, yy = std::cos(angle) / (zoom / stretch) * flip_y;

  constexpr int kPoints = 5;
  cv::Mat1f dx(kPoints, kPoints), dy(kPoints, kPoints);
  const double reach = o.elastic * side;
  for (auto* grid : {&dx, &dy}) {
    for (auto& value : *grid) value = static_cast<float>(uniform(random, -reach, reach));
  }
  cv::resize(dx, map_x, {side, side}, 0, 0, cv::INTER_CUBIC);
  cv::resize(dy, map_y, {side, side}, 0, 0, cv::INTER_CUBIC);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double u = x - centre - move_x, v = y - centre - move_y;
      map_x(y, x) += static_cast<float>(xx * u + xy * v + centre);
      map_y(y, x) += static_cast<float>(yx * u + yy * v + centre);
    }
  }
}

void change_gamma(cv::Mat& rgb, double gamma) {
  cv::Mat1b table(1, 256);
  for (int i = 0; i < 256; ++i) table(i) = cv::saturate_cast<std::uint8_t>(255 * std::pow(i / 255.0, gamma));
  cv::LUT(rgb, table, rgb);
}

/// Grey noise, the same in all channels: rgb * (1 + multiplied) + added.
void add_noise(cv::Mat& rgb, double added, double multiplied, std::mt19937_64& random) {
  cv::RNG generator(random());
  const auto side = rgb.size();
  cv::Mat3f pixels;
  rgb.convertTo(pixels, CV_32F);
  cv::Mat1f noise(side);
  if (multiplied > 0) {
    // Speckle has the grain of the ultrasound's resolution, which is coarser than a pixel.
    cv::Mat1f grain(side.height / 2, side.width / 2);
    generator.fill(grain, cv::RNG::NORMAL, 1, multiplied);
    cv::resize(grain, noise, side, 0, 0, cv::INTER_LINEAR);
    cv::Mat3f factors;
    cv::merge(std::vector<cv::Mat1f>{noise, noise, noise}, factors);
    cv::multiply(pixels, factors, pixels);
  }
  if (added > 0) {
    generator.fill(noise, cv::RNG::NORMAL, 0, added);
    cv::Mat3f terms;
    cv::merge(std::vector<cv::Mat1f>{noise, noise, noise}, terms);
    pixels += terms;
  }
  pixels.convertTo(rgb, CV_8U);
}

/// White spots with soft borders where a lamp is mirrored.
void add_highlights(cv::Mat& rgb, int count, std::mt19937_64& random) {
  const int side = rgb.rows;
  cv::Mat1f spots(side, side, 0.0F);
  for (int i = 0; i < count; ++i) {
    const cv::Point centre(static_cast<int>(uniform(random, 0, side)), static_cast<int>(uniform(random, 0, side)));
    const cv::Size axes(static_cast<int>(uniform(random, 1, side / 40.0)),
                        static_cast<int>(uniform(random, 1, side / 40.0)));
    cv::ellipse(spots, centre, axes, uniform(random, 0, 180), 0, 360, cv::Scalar(uniform(random, 0.6, 1)), cv::FILLED);
  }
  cv::GaussianBlur(spots, spots, {0, 0}, 1);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      for (auto& value : rgb.at<cv::Vec3b>(y, x).val) {
        value =
            cv::saturate_cast<std::uint8_t>(static_cast<float>(value) + spots(y, x) * static_cast<float>(255 - value));
      }
    }
  }
}

/// Black outside of an octagon, and nothing marked there.
void cut_corners(cv::Mat& rgb, cv::Mat& mask, std::mt19937_64& random) {
  const int side = rgb.rows;
  const double cut = uniform(random, 0.05, 0.3) * side;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const int from_x = std::min(x, side - 1 - x), from_y = std::min(y, side - 1 - y);
      if (from_x + from_y >= cut) continue;
      rgb.at<cv::Vec3b>(y, x) = {0, 0, 0};
      mask.at<std::uint8_t>(y, x) = 0;
    }
  }
}

}  // namespace

ScanSample augment_scan(const ScanSample& sample, const ScanAugmentOptions& o, std::mt19937_64& random) {
  const int side = static_cast<int>(sample.rgb.size(0));
  const cv::Mat source(side, side, CV_8UC3, sample.rgb.data_ptr()), marked(side, side, CV_8UC1, sample.mask.data_ptr());
  ScanSample result{at::empty_like(sample.rgb), at::empty_like(sample.mask)};
  cv::Mat rgb(side, side, CV_8UC3, result.rgb.mutable_data_ptr());
  cv::Mat mask(side, side, CV_8UC1, result.mask.mutable_data_ptr());
  cv::Mat1f map_x, map_y;
  draw_maps(side, o, random, map_x, map_y);
  cv::remap(source, rgb, map_x, map_y, cv::INTER_LINEAR, cv::BORDER_CONSTANT);
  cv::remap(marked, mask, map_x, map_y, cv::INTER_NEAREST, cv::BORDER_CONSTANT);

  auto change = colour_change(o.brightness, o.contrast, o.saturation, random);
  change.hue = uniform(random, -o.hue, o.hue) * std::numbers::pi / 180;
  change_colours(rgb, change);
  change_gamma(rgb, factor(random, o.gamma));
  if (o.specular >= 1 && coin(random)) {
    add_highlights(rgb, static_cast<int>(uniform(random, 1, o.specular + 1)), random);
  }
  if (o.frame > 0 && coin(random, o.frame)) cut_corners(rgb, mask, random);
  if (o.blur > 0 && coin(random)) cv::GaussianBlur(rgb, rgb, {0, 0}, uniform(random, 0.1, std::max(o.blur, 0.1)));
  const double added = o.noise > 0 && coin(random) ? uniform(random, 0, o.noise) : 0;
  const double multiplied = o.speckle > 0 && coin(random) ? uniform(random, 0, o.speckle) : 0;
  if (added > 0 || multiplied > 0) add_noise(rgb, added, multiplied, random);
  return result;
}

ScanSample cut_mix(const ScanSample& sample, const ScanSample& other, std::mt19937_64& random) {
  const auto side = sample.mask.size(0);
  const double share = uniform(random, 0.2, 0.5), stretch = factor(random, 1);
  const auto length = [side](double part) {
    return std::clamp<std::int64_t>(std::llround(part * static_cast<double>(side)), 1, side);
  };
  const auto height = length(std::sqrt(share * stretch)), width = length(std::sqrt(share / stretch));
  const auto place = [&](std::int64_t extent) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(side - extent + 1));
  };
  const auto top = place(height), left = place(width);
  ScanSample mixed{sample.rgb.clone(), sample.mask.clone()};
  for (const auto& [to, from] : {std::pair(mixed.rgb, other.rgb), std::pair(mixed.mask, other.mask)}) {
    to.slice(0, top, top + height)
        .slice(1, left, left + width)
        .copy_(from.slice(0, top, top + height).slice(1, left, left + width));
  }
  return mixed;
}

}  // namespace fovea::train
