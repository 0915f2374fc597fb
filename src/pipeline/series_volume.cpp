#include "pipeline/series_volume.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "image/vector3.hpp"

namespace fovea::pipeline {
namespace {

/// Positions closer than this are one, mm; they are often rounded to 0.01.
constexpr double kSamePlace = 0.005;

/// How far a slice may lie from its place, mm.
double tolerance(double spacing) { return 0.02 * spacing + 0.01; }

/// A volume that is mostly made of gaps is none.
constexpr std::int64_t kMostPlanesPerSlice = 4;

/// Number of steps from the first slice to each one, when all lie on an even grid.
std::optional<std::vector<std::int64_t>> steps_of(const std::vector<Slice>& slices) {
  std::vector<double> distances;
  for (std::size_t i = 1; i < slices.size(); ++i) {
    const double distance = *slices[i].location - *slices[i - 1].location;
    if (distance >= kSamePlace) distances.push_back(distance);
  }
  if (distances.empty()) return std::nullopt;
  auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  const double usual = *middle;
  std::vector<std::int64_t> steps{0};
  for (std::size_t i = 1; i < slices.size(); ++i) {
    const double distance = *slices[i].location - *slices[i - 1].location;
    const auto step = static_cast<std::int64_t>(std::llround(distance / usual));
    if (std::abs(distance - static_cast<double>(step) * usual) > tolerance(usual)) return std::nullopt;
    steps.push_back(steps.back() + step);
  }
  if (steps.back() + 1 > kMostPlanesPerSlice * static_cast<std::int64_t>(slices.size())) return std::nullopt;
  return steps;
}

/// All slices have positions, orientation and spacing.
bool has_geometry(const Series& series) {
  return std::all_of(series.slices.begin(), series.slices.end(), [](const Slice& slice) {
    const ScanGeometry& geometry = slice.scan.geometry;
    return slice.location && geometry.position && geometry.orientation && geometry.spacing &&
           geometry.spacing->source == SpacingSource::pixel_spacing;
  });
}

/// Whether each slice lies where the steps lead, sideways too.
bool is_in_line(const std::vector<Slice>& slices, const std::vector<std::int64_t>& steps, const Vector3& slice_step) {
  const Vector3& origin = *slices.front().scan.geometry.position;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const Vector3 place = image::add(origin, slice_step, static_cast<double>(steps[i]));
    const double distance = image::length(image::add(*slices[i].scan.geometry.position, place, -1));
    if (distance > 2 * tolerance(image::length(slice_step))) return false;
  }
  return true;
}

SeriesVolume as_they_come(const Series& series, const std::string& why) {
  SeriesVolume volume;
  for (std::size_t i = 0; i < series.slices.size(); ++i) volume.planes.emplace_back(i);
  volume.notices.push_back(why + ": the volume has its slices in their order, without a place in the patient");
  return volume;
}

}  // namespace

SeriesVolume stack_slices(const Series& series) {
  if (!has_geometry(series)) return as_they_come(series, "not all slices say where they lie");
  const auto steps = steps_of(series.slices);
  if (!steps || steps->back() == 0) return as_they_come(series, "the slices do not lie at equal distances");

  const ScanGeometry& first = series.slices.front().scan.geometry;
  const ScanGeometry& last = series.slices.back().scan.geometry;
  const auto scaled = [](const Vector3& vector, double factor) { return image::add(Vector3{}, vector, factor); };
  // The step also tells the shift of a tilted gantry.
  const Vector3 slice_step =
      scaled(image::add(*last.position, *first.position, -1), 1.0 / static_cast<double>(steps->back()));
  if (!is_in_line(series.slices, *steps, slice_step)) return as_they_come(series, "the slices do not lie in a line");

  SeriesVolume volume;
  volume.planes.resize(static_cast<std::size_t>(steps->back()) + 1);
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < steps->size(); ++i) {
    auto& plane = volume.planes[static_cast<std::size_t>((*steps)[i])];
    if (plane) ++repeated;
    if (!plane) plane = i;
  }
  const auto missing = std::count(volume.planes.begin(), volume.planes.end(), std::nullopt);
  if (missing > 0) {
    volume.notices.push_back(std::to_string(missing) + " of " + std::to_string(volume.planes.size()) +
                             " planes of the volume have no slice: their values are 0");
  }
  if (repeated > 0) {
    volume.notices.push_back(std::to_string(repeated) +
                             " slices lie at the position of another one and are not in the volume");
  }
  volume.affine = {.origin = *first.position,
                   .column_step = scaled(first.orientation->along_row, first.spacing->between_columns),
                   .row_step = scaled(first.orientation->along_column, first.spacing->between_rows),
                   .slice_step = slice_step};
  return volume;
}

}  // namespace fovea::pipeline
