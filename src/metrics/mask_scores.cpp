#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fovea/highlight_metrics.hpp"
#include "metrics/checks.hpp"
#include "metrics/components.hpp"

namespace fovea::metrics {

double MaskOverlap::dice() const noexcept {
  const auto sum = static_cast<double>(predicted_px + truth_px);
  return sum == 0 ? 1 : 2 * static_cast<double>(common_px) / sum;
}

double MaskOverlap::iou() const noexcept {
  const auto either = static_cast<double>(predicted_px + truth_px - common_px);
  return either == 0 ? 1 : static_cast<double>(common_px) / either;
}

MaskOverlap mask_overlap(std::span<const std::uint8_t> predicted, std::span<const std::uint8_t> truth) {
  require_same_size("the predicted mask", predicted.size(), "the true one", truth.size());
  MaskOverlap overlap;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    overlap.predicted_px += predicted[i] != 0;
    overlap.truth_px += truth[i] != 0;
    overlap.common_px += predicted[i] != 0 && truth[i] != 0;
  }
  return overlap;
}

std::optional<bool> pointing_hit(std::span<const float> heat_map, std::span<const std::uint8_t> truth, int width,
                                 int height, double tolerance_px) {
  require_size("the heat map", heat_map.size(), width, height);
  require_size("the true mask", truth.size(), width, height);
  require_finite("the heat map", heat_map);
  if (!(tolerance_px >= 0)) {
    throw Error(ErrorCode::usage, "tolerance_px is " + std::to_string(tolerance_px) + ": expected 0 or more");
  }
  const auto peak = std::max_element(heat_map.begin(), heat_map.end()) - heat_map.begin();
  const auto peak_x = static_cast<int>(peak % width);
  const auto peak_y = static_cast<int>(peak / width);
  bool any = false;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (truth[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)] == 0) {
        continue;
      }
      any = true;
      if (std::hypot(x - peak_x, y - peak_y) <= tolerance_px) return true;
    }
  }
  return any ? std::optional(false) : std::nullopt;
}

LesionCounts& LesionCounts::operator+=(const LesionCounts& other) noexcept {
  images += other.images;
  lesions += other.lesions;
  found += other.found;
  predicted += other.predicted;
  false_positives += other.false_positives;
  return *this;
}

std::optional<double> LesionCounts::sensitivity() const noexcept {
  if (lesions == 0) return std::nullopt;
  return static_cast<double>(found) / static_cast<double>(lesions);
}

std::optional<double> LesionCounts::false_positives_per_image() const noexcept {
  if (images == 0) return std::nullopt;
  return static_cast<double>(false_positives) / static_cast<double>(images);
}

LesionCounts match_lesions(std::span<const std::uint8_t> predicted, std::span<const std::uint8_t> truth, int width,
                           int height, double min_iou) {
  if (!(min_iou > 0 && min_iou <= 1)) {
    throw Error(ErrorCode::usage, "min_iou is " + std::to_string(min_iou) + ": expected over 0, up to 1");
  }
  require_same_size("the predicted mask", predicted.size(), "the true one", truth.size());
  const auto regions = find_components(predicted, width, height);
  const auto lesions = find_components(truth, width, height);
  std::map<std::pair<std::int32_t, std::int32_t>, std::int64_t> common;  // of region and lesion, in pixels
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (regions.labels[i] != 0 && lesions.labels[i] != 0) ++common[{regions.labels[i], lesions.labels[i]}];
  }
  std::vector<char> right(regions.areas.size(), 0);
  std::vector<char> found(lesions.areas.size(), 0);
  for (const auto& [pair, shared] : common) {
    const auto region = static_cast<std::size_t>(pair.first - 1);
    const auto lesion = static_cast<std::size_t>(pair.second - 1);
    const auto either = static_cast<double>(regions.areas[region] + lesions.areas[lesion] - shared);
    if (static_cast<double>(shared) / either < min_iou) continue;
    right[region] = found[lesion] = 1;
  }
  return {.images = 1,
          .lesions = static_cast<std::int64_t>(found.size()),
          .found = std::count(found.begin(), found.end(), 1),
          .predicted = static_cast<std::int64_t>(right.size()),
          .false_positives = std::count(right.begin(), right.end(), 0)};
}

}  // namespace fovea::metrics
