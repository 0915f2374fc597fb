#include "image/regions.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"

namespace fovea::image {
namespace {

void check(const RegionOptions& options) {
  const auto refuse = [](const std::string& field, double found, const std::string& expected) {
    throw Error(ErrorCode::usage, "regions: " + field + " is " + std::to_string(found) + ": expected " + expected);
  };
  if (!(options.threshold >= 0 && options.threshold <= 1)) refuse("threshold", options.threshold, "0 to 1");
  if (options.min_area_px < 1) {
    refuse("min_area_px", static_cast<double>(options.min_area_px), "at least 1");
  }
  if (!options.spacing) return;
  for (const double side : {options.spacing->x_mm, options.spacing->y_mm}) {
    if (!(std::isfinite(side) && side > 0)) refuse("spacing", side, "over 0 mm");
  }
}

void check(std::span<const float> heat_map, int width, int height) {
  if (width < 1 || height < 1 ||
      heat_map.size() != static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {
    throw Error(ErrorCode::internal, "a heat map of " + std::to_string(width) + " x " + std::to_string(height) +
                                         " pixels has " + std::to_string(heat_map.size()) +
                                         " values, expected one a pixel");
  }
  const auto bad = std::find_if(heat_map.begin(), heat_map.end(), [](float p) { return !(p >= 0 && p <= 1); });
  if (bad == heat_map.end()) return;
  throw Error(ErrorCode::internal, "value " + std::to_string(bad - heat_map.begin()) + " of a heat map is " +
                                       std::to_string(*bad) + ": expected 0 to 1");
}

/// A region and what its place in the list depends on.
struct Candidate {
  Region region;
  std::size_t first_pixel = 0;
};

/// All regions that are large enough; `labels` loses the numbers of the others.
std::vector<Candidate> measure(cv::Mat1i& labels, const cv::Mat1i& stats, const cv::Mat1d& centroids,
                               std::span<const float> heat_map, std::int64_t min_area_px) {
  std::vector<Candidate> candidates;
  std::vector<int> numbers(static_cast<std::size_t>(stats.rows), 0);  // from 1, of those that are large enough
  for (int label = 1; label < stats.rows; ++label) {
    if (stats(label, cv::CC_STAT_AREA) < min_area_px) continue;
    Candidate candidate;
    candidate.region.box = {stats(label, cv::CC_STAT_LEFT), stats(label, cv::CC_STAT_TOP),
                            stats(label, cv::CC_STAT_WIDTH), stats(label, cv::CC_STAT_HEIGHT)};
    candidate.region.area_px = stats(label, cv::CC_STAT_AREA);
    candidate.region.centroid_px = {centroids(label, 0), centroids(label, 1)};
    candidate.region.score = -1;
    candidates.push_back(std::move(candidate));
    numbers[static_cast<std::size_t>(label)] = static_cast<int>(candidates.size());
  }
  std::size_t pixel = 0;
  for (int& label : labels) {
    label = numbers[static_cast<std::size_t>(label)];
    if (label > 0) {
      auto& [region, first_pixel] = candidates[static_cast<std::size_t>(label - 1)];
      if (region.score < 0) first_pixel = pixel;
      region.score = std::max(region.score, static_cast<double>(heat_map[pixel]));
    }
    ++pixel;
  }
  return candidates;
}

Region::Ring ring_of(const std::vector<cv::Point>& contour) {
  Region::Ring ring;
  ring.reserve(contour.size());
  for (const cv::Point& point : contour) ring.push_back({point.x, point.y});
  return ring;
}

/// @param labels of each pixel the number of its region, from 1
void add_contours(const cv::Mat1b& mask, const cv::Mat1i& labels, std::vector<Candidate>& candidates) {
  std::vector<std::vector<cv::Point>> contours;
  std::vector<cv::Vec4i> hierarchy;  // next, previous, first child, parent
  cv::findContours(mask, contours, hierarchy, cv::RETR_CCOMP, cv::CHAIN_APPROX_SIMPLE);
  for (const bool outer : {true, false}) {
    for (std::size_t i = 0; i < contours.size(); ++i) {
      const bool is_outer = hierarchy[i][3] < 0;
      if (is_outer != outer) continue;
      const int label = labels(contours[i].front());
      candidates[static_cast<std::size_t>(label - 1)].region.contours.push_back(ring_of(contours[i]));
    }
  }
}

}  // namespace

MarkedRegions find_regions(std::span<const float> heat_map, int width, int height, const RegionOptions& options) {
  check(options);
  check(heat_map, width, height);
  MarkedRegions marked;
  marked.mask.resize(heat_map.size());
  cv::Mat1b mask(height, width, marked.mask.data());
  const auto threshold = static_cast<float>(options.threshold);
  std::transform(heat_map.begin(), heat_map.end(), mask.begin(), [&](float p) { return p >= threshold ? 1 : 0; });

  cv::Mat1i labels;
  cv::Mat1i stats;
  cv::Mat1d centroids;
  cv::connectedComponentsWithStats(mask, labels, stats, centroids, 8, CV_32S);
  auto candidates = measure(labels, stats, centroids, heat_map, options.min_area_px);
  std::transform(labels.begin(), labels.end(), mask.begin(), [](int label) { return label > 0 ? 1 : 0; });
  add_contours(mask, labels, candidates);

  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.region.score != b.region.score ? a.region.score > b.region.score : a.first_pixel < b.first_pixel;
  });
  for (auto& [region, first_pixel] : candidates) {
    region.label = options.label;
    if (options.spacing) region.area_mm2 = region.area_px * options.spacing->x_mm * options.spacing->y_mm;
    if (options.to_patient) region.centroid_mm = options.to_patient(region.centroid_px[0], region.centroid_px[1]);
    marked.regions.push_back(std::move(region));
  }
  return marked;
}

}  // namespace fovea::image
