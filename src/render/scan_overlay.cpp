#include "render/scan_overlay.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"
#include "render/canvas.hpp"
#include "render/heat_meaning.hpp"
#include "render/scan_legend.hpp"

namespace fovea::render {
namespace {

constexpr int kRimSide = 128;        // a smaller scan has no room for the rim of contours
constexpr int kPixelsPerLine = 256;  // contours get a pixel thicker with so many pixels of the scan's side
constexpr double kRimOpacity = 0.6;  // of the shadow that keeps contours visible on bright ground

void check(const Image& scan, const Finding& finding, const ScanOverlayOptions& options) {
  if (!(options.opacity >= 0 && options.opacity <= 1)) {
    throw Error(ErrorCode::usage, "opacity is " + std::to_string(options.opacity) + ": expected 0 to 1");
  }
  if (finding.width != scan.width || finding.height != scan.height ||
      finding.heat_map.size() != static_cast<std::size_t>(scan.width) * static_cast<std::size_t>(scan.height)) {
    throw Error(ErrorCode::internal, "a heat map of " + std::to_string(finding.width) + " x " +
                                         std::to_string(finding.height) + " with " +
                                         std::to_string(finding.heat_map.size()) + " values lies on a scan of " +
                                         std::to_string(scan.width) + " x " + std::to_string(scan.height) + " pixels");
  }
  if (!(finding.threshold >= 0 && finding.threshold <= 1)) {
    throw Error(ErrorCode::internal,
                "the threshold of a finding is " + std::to_string(finding.threshold) + ": expected 0 to 1");
  }
  const auto& map = finding.heat_map;
  const auto bad = std::find_if(map.begin(), map.end(), [](float p) { return !(p >= 0 && p <= 1); });
  if (bad != map.end()) {
    throw Error(ErrorCode::internal, "value " + std::to_string(bad - map.begin()) + " of a heat map is " +
                                         std::to_string(*bad) + ": expected 0 to 1");
  }
}

/// Colours `picture` by its heat map. The 256 colours of a table are mixed with each brightness once.
void blend(cv::Mat3b& picture, std::span<const float> heat_map, const HeatColors& colors) {
  std::vector<std::array<std::array<std::uint8_t, 3>, 256>> mixed(256);  // of level and brightness
  for (std::size_t level = 0; level < 256; ++level) {
    for (std::size_t gray = 0; gray < 256; ++gray) {
      const auto color =
          heat_color(cv::Vec3b::all(static_cast<std::uint8_t>(gray)), static_cast<double>(level) / 255, colors);
      mixed[level][gray] = {color[0], color[1], color[2]};
    }
  }
  const float* value = heat_map.data();
  for (int y = 0; y < picture.rows; ++y) {
    cv::Vec3b* row = picture[y];
    for (int x = 0; x < picture.cols; ++x, ++value) {
      const auto& of_level = mixed[static_cast<std::size_t>(cvRound(*value * 255))];
      for (int c = 0; c < 3; ++c) row[x][c] = of_level[row[x][c]][static_cast<std::size_t>(c)];
    }
  }
}

void draw_rings(cv::Mat& picture, const std::vector<Region>& regions, const cv::Scalar& color, int thickness) {
  std::vector<cv::Point> points;
  for (const Region& region : regions) {
    for (const auto& ring : region.contours) {
      points.clear();
      for (const auto& [x, y] : ring) points.emplace_back(x, y);
      cv::polylines(picture, points, true, color, thickness, thickness > 1 ? cv::LINE_AA : cv::LINE_8);
    }
  }
}

/// Side of a square of the same area: what lines and text go by, so that a large scan reads well when it is shown
/// smaller, whatever its aspect.
double mean_side(const cv::Size& size) { return std::sqrt(static_cast<double>(size.width) * size.height); }

void draw_contours(cv::Mat3b& picture, const std::vector<Region>& regions) {
  const double side = mean_side(picture.size());
  const int thickness = std::max(1, static_cast<int>(std::lround(side / kPixelsPerLine)));
  if (side >= kRimSide) {
    cv::Mat1b rim(picture.size(), std::uint8_t{0});
    draw_rings(rim, regions, 255, thickness + 2 * std::max(1, thickness / 2));
    for (int y = 0; y < picture.rows; ++y) {
      for (int x = 0; x < picture.cols; ++x) {
        if (const int cover = rim(y, x); cover > 0) picture(y, x) *= 1 - kRimOpacity * cover / 255;
      }
    }
  }
  draw_rings(picture, regions, {double(kContour[0]), double(kContour[1]), double(kContour[2])}, thickness);
}

int font_size(const cv::Size& scan) { return std::clamp(static_cast<int>(mean_side(scan) / 45), 12, 120); }

/// A bar along the columns, to the right of the scan, for pixels that are not square.
class UprightBar {
 public:
  UprightBar(const ScaleBar& bar, int font_px) : bar_(bar), em_(font_px), font_(font_px) {}

  int width() const { return 2 * em_ + std::max(em_, font_.width(scale_bar_label(bar_))); }
  int height() const { return length() + em_ + font_.line_height() + 2 * em_; }

  /// @param corner upper left one of the place, which is width() wide
  void draw(cv::Mat3b& picture, cv::Point corner) const {
    const int line = std::max(1, em_ / 8);
    const int rise = std::max(2, em_ / 3);
    const cv::Point top = corner + cv::Point(em_ + rise, em_);
    picture(cv::Rect(top.x - line / 2, top.y, line, length())).setTo(kScanText);
    for (const int y : {top.y, std::max(top.y, top.y + length() - line)}) {
      picture(cv::Rect(top.x - rise, y, 2 * rise, line)).setTo(kScanText);
    }
    font_.draw(picture, scale_bar_label(bar_), {corner.x + em_, top.y + length() + em_ / 2 + font_.ascent()},
               kScanText);
  }

 private:
  int length() const { return std::max(1, static_cast<int>(std::lround(bar_.pixels))); }

  ScaleBar bar_;
  int em_;
  Font font_;
};

/// Bars of one length in mm.
struct ScaleBars {
  std::optional<ScaleBar> level{};    ///< along the rows
  std::optional<ScaleBar> upright{};  ///< along the columns; nothing where pixels are square
};

ScaleBars choose_bars(const cv::Size& scan, const std::optional<image::PixelSpacing>& spacing) {
  if (!spacing) return {};
  const auto level = choose_scale_bar(scan.width, spacing->x_mm);
  const auto upright = choose_scale_bar(scan.height, spacing->y_mm);
  constexpr double kRounding = 0.01;  // of spacing in files
  if (std::abs(spacing->y_mm / spacing->x_mm - 1) < kRounding) return {.level = level};
  if (!level || !upright) return {};
  const double mm = std::min(level->mm, upright->mm);
  if (mm < spacing->x_mm || mm < spacing->y_mm) return {};  // less than a pixel of one of them
  return {.level = ScaleBar{.mm = mm, .pixels = mm / spacing->x_mm},
          .upright = ScaleBar{.mm = mm, .pixels = mm / spacing->y_mm}};
}

}  // namespace

Image render_scan_overlay(const Image& scan, const Finding& finding, const ScanOverlayOptions& options) {
  check(scan, finding, options);
  const HeatColors colors{.table = color_table(options.colormap), .opacity = options.opacity};
  const cv::Mat3b pixels = view(scan);
  const ScaleBars bars = choose_bars(pixels.size(), options.spacing);
  if (!options.legend) {
    cv::Mat3b picture = pixels.clone();
    blend(picture, finding.heat_map, colors);
    if (options.contours) draw_contours(picture, finding.regions);
    return to_image(picture);
  }

  const int font_px = font_size(pixels.size());
  const ScanLegend legend({.colors = colors,
                           .threshold = finding.threshold,
                           .contours = options.contours,
                           .scale_bar = bars.level,
                           .note = options.note,
                           .meaning = heat_meaning(finding)},
                          font_px);
  std::optional<UprightBar> upright;
  if (bars.upright) upright.emplace(*bars.upright, font_px);
  const int width = std::max(scan.width + (upright ? upright->width() : 0), legend.min_width());
  const int scan_height = std::max(scan.height, upright ? upright->height() : 0);
  cv::Mat3b picture(scan_height + legend.height(), width, kScanBackground);
  cv::Mat3b place = picture(cv::Rect({0, 0}, pixels.size()));
  pixels.copyTo(place);
  blend(place, finding.heat_map, colors);
  if (options.contours) draw_contours(place, finding.regions);
  if (upright) upright->draw(picture, {scan.width, 0});
  legend.draw(picture(cv::Rect(0, scan_height, width, legend.height())));
  return to_image(picture);
}

}  // namespace fovea::render
