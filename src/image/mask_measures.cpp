#include "image/mask_measures.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"

namespace fovea::image {
namespace {

/// @param lesion not 0 where the region is
double axis_ratio_of(const cv::Mat1b& lesion) {
  const cv::Moments moments = cv::moments(lesion, true);
  constexpr double kPixelVariance = 1.0 / 12;  // of a square of side 1, so that one pixel is round
  const double xx = moments.mu20 / moments.m00 + kPixelVariance;
  const double yy = moments.mu02 / moments.m00 + kPixelVariance;
  const double xy = moments.mu11 / moments.m00;
  const double mean = (xx + yy) / 2;
  const double spread = std::hypot((xx - yy) / 2, xy);
  return std::sqrt(std::max(mean - spread, 0.0) / (mean + spread));
}

double solidity_of(const cv::Mat1b& lesion, int area) {
  std::vector<std::vector<cv::Point>> contours;  // one: the region is connected
  cv::findContours(lesion, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  std::vector<cv::Point> hull;
  cv::convexHull(contours.front(), hull);
  cv::Mat1b filled(lesion.size(), std::uint8_t{0});
  cv::fillConvexPoly(filled, hull, 1);
  return static_cast<double>(area) / cv::countNonZero(filled);
}

}  // namespace

MaskMeasures measure_mask(std::span<const std::uint8_t> mask, int width, int height) {
  if (width < 1 || height < 1 || mask.size() != static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {
    throw Error(ErrorCode::usage, "a mask of " + std::to_string(width) + " x " + std::to_string(height) +
                                      " pixels has " + std::to_string(mask.size()) + " values, expected one a pixel");
  }
  // OpenCV has no view of constant memory; this one is only read.
  const cv::Mat1b view(height, width, const_cast<std::uint8_t*>(mask.data()));
  cv::Mat1i labels;
  cv::Mat1i stats;
  cv::Mat1d centroids;
  cv::connectedComponentsWithStats(view, labels, stats, centroids, 8, CV_32S);
  MaskMeasures measures;
  int largest = 0;
  for (int label = 1; label < stats.rows; ++label) {
    const int area = stats(label, cv::CC_STAT_AREA);
    if (largest == 0 || area > stats(largest, cv::CC_STAT_AREA)) largest = label;
    if (area >= kMinLesionShare * static_cast<double>(mask.size())) ++measures.lesions;
  }
  if (largest == 0) return measures;
  measures.lesions = std::max(measures.lesions, 1);

  const cv::Rect box(stats(largest, cv::CC_STAT_LEFT), stats(largest, cv::CC_STAT_TOP),
                     stats(largest, cv::CC_STAT_WIDTH), stats(largest, cv::CC_STAT_HEIGHT));
  const int area = stats(largest, cv::CC_STAT_AREA);
  cv::Mat1b lesion;
  cv::compare(labels(box), largest, lesion, cv::CMP_EQ);
  measures.area_share = static_cast<double>(area) / static_cast<double>(mask.size());
  measures.centre_x = (centroids(largest, 0) + 0.5) / width;
  measures.centre_y = (centroids(largest, 1) + 0.5) / height;
  measures.axis_ratio = axis_ratio_of(lesion);
  measures.solidity = solidity_of(lesion, area);
  return measures;
}

}  // namespace fovea::image
