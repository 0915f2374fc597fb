#include "pipeline/series_montages.hpp"

#include <cstdint>
#include <utility>

#include "pipeline/finding_files.hpp"
#include "render/scan_overlay.hpp"

namespace fovea::pipeline {
namespace {

/// The scan's part of an overlay: what lies below and beside it is legend.
Image without_legend(const Image& overlay, int width, int height) {
  if (overlay.width == width && overlay.height == height) return overlay;
  Image scan{.width = width, .height = height, .pixels = {}, .geometry = {.width = width, .height = height}};
  const auto row_bytes = static_cast<std::size_t>(width) * 3;
  scan.pixels.reserve(row_bytes * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    const auto* row = overlay.pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(overlay.width) * 3;
    scan.pixels.insert(scan.pixels.end(), row, row + row_bytes);
  }
  return scan;
}

int number_of(SeriesPlan::Place place) { return static_cast<int>(place.slice) + 1; }

}  // namespace

SeriesMontages::Sheet& SeriesMontages::sheet_of(std::size_t series, std::optional<double> threshold) {
  Sheet& sheet = sheets_[series];
  // All findings of a run have one threshold, so that a sheet is made anew only while it is empty.
  if (sheet.montage && (!threshold || sheet.threshold == threshold)) return sheet;
  sheet.threshold = threshold;
  const PlannedSeries& planned = plan_.series()[series];
  std::optional<image::PixelSpacing> spacing;
  if (planned.spacing) spacing = {planned.spacing->between_columns, planned.spacing->between_rows};
  render::MontageOptions drawing;
  drawing.colormap = options_.colormap;
  drawing.opacity = options_.opacity;
  drawing.threshold = threshold.value_or(drawing.threshold);
  sheet.montage.emplace(static_cast<int>(planned.slices.size()), planned.columns, planned.rows, spacing, drawing);
  sheet.added.assign(planned.slices.size(), false);
  return sheet;
}

void SeriesMontages::add(SeriesPlan::Place place, const LoadedItem& item, const Finding& finding,
                         const Image& overlay) {
  if (!lacks(place)) return;
  Image picture;
  if (overlay.pixels.empty()) {
    auto drawing = overlay_options(options_, item.scan);
    drawing.legend = false;
    picture = render::render_scan_overlay(item.photo, finding, drawing);
  } else {
    picture = without_legend(overlay, finding.width, finding.height);
  }
  const std::lock_guard lock(mutex_);
  Sheet& sheet = sheet_of(place.series, finding.threshold);
  sheet.montage->add(number_of(place), picture, !finding.regions.empty());
  sheet.added[place.slice] = true;
}

bool SeriesMontages::lacks(SeriesPlan::Place place) {
  const std::lock_guard lock(mutex_);
  const Sheet& sheet = sheet_of(place.series, std::nullopt);
  return !sheet.added[place.slice] && sheet.montage->shows(number_of(place));
}

Image SeriesMontages::sheet(std::size_t series) {
  const std::lock_guard lock(mutex_);
  return sheet_of(series, std::nullopt).montage->sheet();
}

void SeriesMontages::forget(std::size_t series) {
  const std::lock_guard lock(mutex_);
  sheets_.erase(series);
}

}  // namespace fovea::pipeline
