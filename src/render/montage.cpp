#include "render/montage.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"
#include "render/canvas.hpp"
#include "render/scan_legend.hpp"

namespace fovea::render {
namespace {

constexpr int kGap = 6;
constexpr int kMargin = 12;
constexpr int kMinTileSide = 48;
constexpr int kMinSheetSide = 512;
constexpr double kSheetAspect = 1.4;  // that the number of columns aims at
constexpr int kLegendFont = 14;
constexpr int kLegendWidth = 480;
const cv::Vec3b kEmptyTile(32, 33, 36);

void check(int slices, int width, int height, const std::optional<image::PixelSpacing>& spacing,
           const MontageOptions& options) {
  const auto need = [](bool right, const std::string& field, double found, const std::string& expected) {
    if (right) return;
    throw Error(ErrorCode::usage, "montage: " + field + " is " + std::to_string(found) + ": expected " + expected);
  };
  need(slices >= 1, "the number of slices", slices, "at least 1");
  need(width >= 1, "the width of slices", width, "at least 1");
  need(height >= 1, "the height of slices", height, "at least 1");
  need(options.max_side >= kMinSheetSide, "max_side", options.max_side, "at least 512");
  need(options.tile_side >= kMinTileSide, "tile_side", options.tile_side, "at least 48");
  need(options.opacity >= 0 && options.opacity <= 1, "opacity", options.opacity, "0 to 1");
  need(options.threshold >= 0 && options.threshold <= 1, "threshold", options.threshold, "0 to 1");
  if (!spacing) return;
  need(std::isfinite(spacing->x_mm) && spacing->x_mm > 0, "spacing", spacing->x_mm, "over 0 mm");
  need(std::isfinite(spacing->y_mm) && spacing->y_mm > 0, "spacing", spacing->y_mm, "over 0 mm");
}

/// Largest size of an aspect (width by height) with a longer side of `side`.
cv::Size size_of(double aspect, int side) {
  const double width = aspect >= 1 ? side : side * aspect;
  const double height = aspect >= 1 ? side / aspect : side;
  return {std::max(1, static_cast<int>(std::lround(width))), std::max(1, static_cast<int>(std::lround(height)))};
}

/// Where tiles lie on a sheet.
struct Layout {
  int shown = 0;
  int columns = 0;
  int rows = 0;
  int label_font = 0;  ///< px
  cv::Size tile;
  cv::Size cell;  ///< with label and gap
};

/// Height of a label's line.
int label_height(int font_px) { return font_px * 3 / 2; }

/// The largest tiles with which all slices fit, and as many slices as fit when even the smallest are too large.
Layout lay_out(int slices, double aspect, int tile_side, cv::Size room) {
  Layout layout;
  for (int side = tile_side; side >= kMinTileSide; side = side > kMinTileSide ? std::max(kMinTileSide, side - 4) : 0) {
    layout.label_font = std::clamp(side / 18, 11, 18);
    layout.tile = size_of(aspect, side);
    layout.cell = {std::max(layout.tile.width, kMinTileSide) + kGap,
                   layout.tile.height + label_height(layout.label_font) + kGap};
    const int most_columns = room.width / layout.cell.width;
    const int most_rows = room.height / layout.cell.height;
    layout.shown = static_cast<int>(std::min<std::int64_t>(slices, std::int64_t{most_columns} * most_rows));
    if (layout.shown == 0) continue;
    const double ideal = std::sqrt(layout.shown * kSheetAspect * layout.cell.height / layout.cell.width);
    const int needed = (layout.shown + most_rows - 1) / most_rows;
    layout.columns = std::clamp(static_cast<int>(std::ceil(ideal)), needed, std::max(needed, most_columns));
    layout.columns = std::min(layout.columns, layout.shown);
    layout.rows = (layout.shown + layout.columns - 1) / layout.columns;
    if (layout.shown == slices) break;
  }
  return layout;
}

}  // namespace

struct Montage::Impl {
  int slices;
  std::optional<image::PixelSpacing> spacing;
  Layout layout;
  cv::Mat3b picture;
  Font font;
  Font marked_font;

  Impl(int count, const std::optional<image::PixelSpacing>& pixel_spacing, const Layout& places, cv::Size sheet)
      : slices(count),
        spacing(pixel_spacing),
        layout(places),
        picture(sheet, kScanBackground),
        font(places.label_font),
        marked_font(places.label_font, FontWeight::bold) {}

  /// The slice in place `place`, both from 0.
  int slice_at(int place) const {
    if (layout.shown == 1) return 0;
    return static_cast<int>(std::int64_t{place} * (slices - 1) / (layout.shown - 1));
  }

  /// The place of a slice, both from 0.
  std::optional<int> place_of(int slice) const {
    if (layout.shown == 1) return slice == 0 ? std::optional(0) : std::nullopt;
    const auto steps = layout.shown - 1;
    const auto place = static_cast<int>((std::int64_t{slice} * steps + slices - 2) / std::max(1, slices - 1));
    return place <= steps && slice_at(place) == slice ? std::optional(place) : std::nullopt;
  }

  cv::Point corner(int place) const {
    return {kMargin + place % layout.columns * layout.cell.width,
            kMargin + place / layout.columns * layout.cell.height};
  }

  void label(int place, bool marked) {
    const cv::Rect line(corner(place) + cv::Point(0, layout.tile.height),
                        cv::Size(layout.cell.width - kGap, label_height(layout.label_font)));
    cv::Mat3b target = picture(line);
    target.setTo(kScanBackground);
    const std::string text = std::to_string(slice_at(place) + 1);
    (marked ? marked_font : font).draw(target, text, {0, font.ascent()}, marked ? kContour : kScanFaint);
  }
};

Montage::Montage(int slices, int width, int height, const std::optional<image::PixelSpacing>& spacing,
                 const MontageOptions& options) {
  check(slices, width, height, spacing, options);
  const ScanLegend legend({.colors = {.table = color_table(options.colormap), .opacity = options.opacity},
                           .threshold = options.threshold,
                           .contours = true,
                           .scale_bar = std::nullopt,
                           .meaning = options.meaning},
                          kLegendFont);
  const double aspect = static_cast<double>(width) / height * (spacing ? spacing->x_mm / spacing->y_mm : 1);
  const cv::Size room(options.max_side - 2 * kMargin + kGap, options.max_side - kMargin - legend.height());
  const Layout layout = lay_out(slices, std::clamp(aspect, 0.1, 10.0), options.tile_side, room);
  const cv::Size sheet(std::max(layout.columns * layout.cell.width - kGap + 2 * kMargin, legend.min_width()),
                       layout.rows * layout.cell.height + kMargin + legend.height());
  impl_ = std::make_unique<Impl>(slices, spacing, layout, sheet);
  const int legend_width = std::clamp(kLegendWidth, legend.min_width(), sheet.width);
  legend.draw(impl_->picture(cv::Rect(0, sheet.height - legend.height(), legend_width, legend.height())));
  for (int place = 0; place < layout.shown; ++place) {
    impl_->picture(cv::Rect(impl_->corner(place), layout.tile)).setTo(kEmptyTile);
    impl_->label(place, false);
  }
}

Montage::~Montage() = default;
Montage::Montage(Montage&&) noexcept = default;
Montage& Montage::operator=(Montage&&) noexcept = default;

bool Montage::shows(int slice) const {
  return slice >= 1 && slice <= impl_->slices && impl_->place_of(slice - 1).has_value();
}

void Montage::add(int slice, const Image& overlay, bool marked) {
  if (slice < 1 || slice > impl_->slices) {
    throw Error(ErrorCode::usage, "montage: there is no slice " + std::to_string(slice) + ": expected 1 to " +
                                      std::to_string(impl_->slices));
  }
  const auto place = impl_->place_of(slice - 1);
  if (!place) return;
  const cv::Mat3b pixels = view(overlay);
  const double stretch = impl_->spacing ? impl_->spacing->x_mm / impl_->spacing->y_mm : 1;
  const cv::Size tile = impl_->layout.tile;
  const double scale = std::min(tile.width / (pixels.cols * stretch), static_cast<double>(tile.height) / pixels.rows);
  const cv::Size size(std::clamp(static_cast<int>(std::lround(pixels.cols * stretch * scale)), 1, tile.width),
                      std::clamp(static_cast<int>(std::lround(pixels.rows * scale)), 1, tile.height));
  cv::Mat3b target = impl_->picture(cv::Rect(impl_->corner(*place), tile));
  target.setTo(kScanBackground);
  const cv::Point inside((tile.width - size.width) / 2, (tile.height - size.height) / 2);
  scaled(pixels, size).copyTo(target(cv::Rect(inside, size)));
  impl_->label(*place, marked);
}

Image Montage::sheet() const { return to_image(impl_->picture); }

}  // namespace fovea::render
