#include "render/attention_overlay.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"
#include "image/input_view.hpp"

namespace fovea::render {

std::string scale_label(int doubling) {
  const std::string sign = doubling == 0 ? "\u2264" : doubling == kScaleDoublings ? "\u2265" : "";
  return sign + std::to_string(1 << doubling) + "\u00D7";
}

double attention_level(double weight, int cells) noexcept {
  const double ratio = weight * cells;
  return ratio <= 1 ? 0 : std::min(1.0, std::log2(ratio) / kScaleDoublings);
}

cv::Mat1f attention_levels(std::span<const float> weights, int grid_height, int grid_width) {
  cv::Mat1f levels(grid_height, grid_width);
  std::transform(weights.begin(), weights.end(), levels.begin(),
                 [&](float weight) { return static_cast<float>(attention_level(weight, grid_height * grid_width)); });
  return levels;
}

cv::Mat1f stretch_levels(const cv::Mat1f& levels, cv::Size size, const InputView& view) {
  cv::Mat1f stretched;
  if (image::shows_all(view, size.width, size.height)) {
    cv::resize(levels, stretched, size, 0, 0, cv::INTER_CUBIC);
    cv::max(stretched, 0.0F, stretched);
    cv::min(stretched, 1.0F, stretched);
    return stretched;
  }
  const std::vector<float> grid(levels.begin(), levels.end());
  const auto map = image::stretch_map(grid, levels.cols, levels.rows, image::MapKernel::cubic, size.width, size.height,
                                      view, std::numeric_limits<float>::quiet_NaN());
  stretched.create(size);
  std::transform(map.begin(), map.end(), stretched.begin(),
                 [](float level) { return std::isnan(level) ? kNotSeen : std::clamp(level, 0.0F, 1.0F); });
  return stretched;
}

cv::Vec3b overlay_color(float level, std::uint8_t gray, const ColorTable& colors) noexcept {
  const float opacity = kLowestOpacity + (kHighestOpacity - kLowestOpacity) * level * (2 - level);
  const auto& color = colors[static_cast<std::size_t>(std::lround(level * 255))];
  cv::Vec3b mixed;
  for (int c = 0; c < 3; ++c) {
    const float value =
        static_cast<float>(gray) * (1 - opacity) + static_cast<float>(color[static_cast<std::size_t>(c)]) * opacity;
    mixed[c] = static_cast<std::uint8_t>(std::lround(value));
  }
  return mixed;
}

cv::Mat3b overlay_attention(const cv::Mat3b& photo, const cv::Mat1f& levels, const ColorTable& colors,
                            const InputView& view) {
  const cv::Mat1f stretched = stretch_levels(levels, photo.size(), view);
  cv::Mat1b gray;
  cv::cvtColor(photo, gray, cv::COLOR_RGB2GRAY);
  cv::Mat3b result(photo.size());
  for (int y = 0; y < photo.rows; ++y) {
    for (int x = 0; x < photo.cols; ++x) {
      const float level = stretched(y, x);
      result(y, x) = level < 0 ? cv::Vec3b::all(gray(y, x)) : overlay_color(level, gray(y, x), colors);
    }
  }
  return result;
}

void check_attention(const Hypothesis& caption) {
  const AttentionMaps& maps = caption.attention;
  const auto fail = [](const std::string& found) { throw Error(ErrorCode::internal, "malformed attention: " + found); };
  const std::string shape = std::to_string(maps.layers) + " layers x " + std::to_string(maps.heads) + " heads x " +
                            std::to_string(maps.words) + " words x " + std::to_string(maps.grid_height) + " x " +
                            std::to_string(maps.grid_width) + " cells";
  if (maps.layers < 1 || maps.heads < 1 || maps.words < 0 || maps.grid_height < 1 || maps.grid_width < 1) {
    fail(shape);
  }
  const std::size_t expected = static_cast<std::size_t>(maps.layers) * static_cast<std::size_t>(maps.heads) *
                               static_cast<std::size_t>(maps.words) * static_cast<std::size_t>(maps.grid_height) *
                               static_cast<std::size_t>(maps.grid_width);
  if (maps.weights.size() != expected) {
    fail(std::to_string(maps.weights.size()) + " weights, expected " + std::to_string(expected) + " for " + shape);
  }
  if (static_cast<std::size_t>(maps.words) != caption.words.size()) {
    fail("maps of " + std::to_string(maps.words) + " words for a caption of " + std::to_string(caption.words.size()));
  }
  if (caption.word_log_probs.size() != caption.words.size()) {
    fail(std::to_string(caption.words.size()) + " words have " + std::to_string(caption.word_log_probs.size()) +
         " probabilities");
  }
  const auto bad = std::find_if(maps.weights.begin(), maps.weights.end(),
                                [](float weight) { return !std::isfinite(weight) || weight < 0; });
  if (bad != maps.weights.end()) {
    fail("weight " + std::to_string(bad - maps.weights.begin()) + " is " + std::to_string(*bad));
  }
  for (const double value : {maps.view.x, maps.view.y, maps.view.width, maps.view.height}) {
    if (!std::isfinite(value)) fail("the view has a side of " + std::to_string(value));
  }
}

}  // namespace fovea::render
