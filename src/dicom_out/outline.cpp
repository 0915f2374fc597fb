#include "dicom_out/outline.hpp"

#include <algorithm>

namespace fovea::dicom_out {
namespace {

using Point = std::array<int, 2>;

bool on_a_line(const Point& a, const Point& b, const Point& c) {
  const long abx = b[0] - a[0], aby = b[1] - a[1], bcx = c[0] - b[0], bcy = c[1] - b[1];
  return abx * bcy == aby * bcx && abx * bcx + aby * bcy >= 0;
}

/// The ring without the points that lie straight between their neighbours.
std::vector<Point> corners_of(const Region::Ring& ring) {
  std::vector<Point> corners;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const auto& before = ring[(i + ring.size() - 1) % ring.size()];
    const auto& after = ring[(i + 1) % ring.size()];
    if (!on_a_line(before, ring[i], after)) corners.push_back(ring[i]);
  }
  return corners;
}

std::vector<float> rectangle_around(const Region::Ring& ring) {
  auto low = ring.front(), high = ring.front();
  for (const auto& point : ring) {
    for (std::size_t i = 0; i < 2; ++i) {
      low[i] = std::min(low[i], point[i]);
      high[i] = std::max(high[i], point[i]);
    }
  }
  const auto x0 = static_cast<float>(low[0]), y0 = static_cast<float>(low[1]);
  const auto x1 = static_cast<float>(high[0] + 1), y1 = static_cast<float>(high[1] + 1);
  return {x0, y0, x1, y0, x1, y1, x0, y1, x0, y0};
}

}  // namespace

std::vector<float> outline(const Region::Ring& ring, std::size_t max_points) {
  if (ring.empty()) return {};
  const auto corners = corners_of(ring);
  if (corners.size() < 3) return rectangle_around(ring);
  const auto step = (corners.size() + max_points - 2) / (max_points - 1);
  std::vector<float> points;
  const auto add = [&points](const Point& point) {
    points.push_back(static_cast<float>(point[0]) + 0.5F);
    points.push_back(static_cast<float>(point[1]) + 0.5F);
  };
  for (std::size_t i = 0; i < corners.size(); i += step) add(corners[i]);
  add(corners.front());
  return points;
}

}  // namespace fovea::dicom_out
