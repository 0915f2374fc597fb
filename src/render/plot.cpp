#include "render/plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"
#include "render/canvas.hpp"
#include "render/font.hpp"

namespace fovea::render {
namespace {

constexpr int kFontSize = 13;
constexpr int kTitleSize = 16;
constexpr int kSmallestPanel = 160;  // px; less leaves no room for the curves
constexpr int kSample = 18;          // px of line in the legend
constexpr int kMaxTicks = 6;
constexpr int kShift = 4;  // fractional bits of OpenCV's line coordinates
constexpr int kZoom =
    3;  // curves are drawn this much larger and scaled down, which OpenCV's own smoothing cannot match

const cv::Vec3b kGrid(233, 236, 239);
// Okabe and Ito's palette (2008), told apart with any colour vision; black and yellow left out.
const cv::Vec3b kLineColors[] = {{0, 114, 178},   {213, 94, 0},  {0, 158, 115},
                                 {204, 121, 167}, {230, 159, 0}, {86, 180, 233}};

const cv::Vec3b& line_color(std::size_t series) { return kLineColors[series % std::size(kLineColors)]; }

/// Values shown along an axis: multiples of a round step.
struct Ticks {
  double low = 0;
  double high = 1;
  double step = 0.5;
  int decimals = 1;

  int count() const { return static_cast<int>(std::lround((high - low) / step)) + 1; }
  double value(int index) const { return low + index * step; }
  std::string label(int index) const {
    char text[64];
    const double shown = std::abs(value(index)) < step / 2 ? 0 : value(index);  // never "-0"
    std::snprintf(text, sizeof text, "%.*f", decimals, shown);
    return text;
  }
};

/// The finest step of 1, 2 or 5 times a power of ten that covers [low, high] with at most kMaxTicks values.
Ticks make_ticks(double low, double high) {
  if (high - low < 1e-9 * std::max(1.0, std::abs(low))) {
    const double room = low == 0 ? 1 : std::abs(low) / 2;
    low -= room;
    high += room;
  }
  const int power = static_cast<int>(std::floor(std::log10((high - low) / kMaxTicks)));
  for (int exponent = power;; ++exponent) {
    for (const int lead : {1, 2, 5}) {
      const double step = lead * std::pow(10.0, exponent);
      const Ticks ticks{std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, step,
                        std::max(0, -exponent)};
      if (ticks.count() <= kMaxTicks) {
        return ticks;
      }
    }
  }
}

/// Axes of a panel: from values to pixels.
struct Axes {
  Ticks x;
  Ticks y;
  cv::Rect area;  ///< where the curves are

  double column(double value) const { return area.x + (value - x.low) / (x.high - x.low) * area.width; }
  double row(double value) const { return area.br().y - (value - y.low) / (y.high - y.low) * area.height; }
};

bool is_point(const PlotSeries& series, std::size_t i) {
  return std::isfinite(series.x[i]) && std::isfinite(series.y[i]);
}

Axes fit_axes(const PlotPanel& panel, cv::Rect area) {
  double x_low = INFINITY;
  double x_high = -INFINITY;
  double y_low = INFINITY;
  double y_high = -INFINITY;
  for (const PlotSeries& series : panel.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (is_point(series, i)) {
        x_low = std::min(x_low, series.x[i]);
        x_high = std::max(x_high, series.x[i]);
        y_low = std::min(y_low, series.y[i]);
        y_high = std::max(y_high, series.y[i]);
      }
    }
  }
  if (x_low > x_high) {
    return {{}, {}, area};
  }
  return {make_ticks(x_low, x_high), make_ticks(y_low, y_high), area};
}

void draw_axes(cv::Mat3b& picture, const Axes& axes, const Font& font) {
  const cv::Rect& area = axes.area;
  for (int i = 0; i < axes.y.count(); ++i) {
    const int row = static_cast<int>(std::lround(axes.row(axes.y.value(i))));
    cv::line(picture, {area.x, row}, {area.br().x, row}, i == 0 ? kFaint : kGrid);
    const std::string label = axes.y.label(i);
    font.draw(picture, label, {area.x - 8 - font.width(label), row + font.ascent() / 2 - 2}, kFaint);
  }
  for (int i = 0; i < axes.x.count(); ++i) {
    const int column = static_cast<int>(std::lround(axes.column(axes.x.value(i))));
    cv::line(picture, {column, area.br().y}, {column, area.br().y + 4}, kFaint);
    const std::string label = axes.x.label(i);
    font.draw(picture, label, {column - font.width(label) / 2, area.br().y + 8 + font.ascent()}, kFaint);
  }
}

/// A place on the large picture, in 1/2^kShift px.
cv::Point zoomed(double x, double y) {
  const double scale = kZoom << kShift;
  return {static_cast<int>(std::lround(x * scale)), static_cast<int>(std::lround(y * scale))};
}

void draw_curve(cv::Mat3b& large, const PlotSeries& series, const Axes& axes, const cv::Vec3b& color) {
  std::vector<cv::Point> points;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (is_point(series, i)) {
      points.push_back(zoomed(axes.column(series.x[i]), axes.row(series.y[i])));
    }
  }
  cv::polylines(large, points, false, color, 2 * kZoom, cv::LINE_AA, kShift);
  const bool sparse = static_cast<int>(points.size()) * 12 <= axes.area.width;
  for (const cv::Point& point : points) {
    if (sparse || points.size() == 1) {
      cv::circle(large, point, (3 * kZoom) << kShift, color, cv::FILLED, cv::LINE_AA, kShift);
    }
  }
}

/// Names of the series in one row that ends at `right`; draws the names and returns where their line samples begin.
std::vector<cv::Point> draw_legend(cv::Mat3b& picture, const PlotPanel& panel, int right, int baseline,
                                   const Font& font) {
  std::vector<cv::Point> samples(panel.series.size());
  for (std::size_t i = panel.series.size(); i-- > 0;) {
    const std::string& name = panel.series[i].name;
    right -= font.width(name);
    font.draw(picture, name, {right, baseline}, kInk);
    right -= kSample + 6;
    samples[i] = {right, baseline - font.ascent() / 3};
    right -= 16;
  }
  return samples;
}

void draw_panel(cv::Mat3b picture, const PlotPanel& panel) {
  const Font font(kFontSize);
  const Font bold(kTitleSize, FontWeight::bold);
  const int top = 16 + bold.line_height() + 14;
  const int bottom = 12 + 2 * font.line_height() + 14;
  const int left = 64;
  const int right = 24;
  const cv::Rect area(left, top, picture.cols - left - right, picture.rows - top - bottom);
  const Axes axes = fit_axes(panel, area);
  draw_axes(picture, axes, font);
  const int baseline = 16 + bold.ascent();
  bold.draw(picture, panel.title, {left, baseline}, kInk);
  const std::vector<cv::Point> samples = draw_legend(picture, panel, area.br().x, baseline, font);
  font.draw(
      picture, panel.x_label,
      {area.x + (area.width - font.width(panel.x_label)) / 2, picture.rows - 14 - font.line_height() + font.ascent()},
      kFaint);

  cv::Mat3b large;
  cv::resize(picture, large, {}, kZoom, kZoom, cv::INTER_NEAREST);  // comes back unchanged where nothing is drawn
  for (std::size_t i = 0; i < panel.series.size(); ++i) {
    draw_curve(large, panel.series[i], axes, line_color(i));
    cv::line(large, zoomed(samples[i].x, samples[i].y), zoomed(samples[i].x + kSample, samples[i].y), line_color(i),
             3 * kZoom, cv::LINE_AA, kShift);
  }
  cv::resize(large, picture, picture.size(), 0, 0, cv::INTER_AREA);
}

void check(const std::vector<PlotPanel>& panels, const PlotOptions& options) {
  if (panels.empty()) {
    throw Error(ErrorCode::usage, "a plot needs at least one panel");
  }
  if (std::min(options.panel_width, options.panel_height) < kSmallestPanel) {
    throw Error(ErrorCode::usage, "a plot's panel of " + std::to_string(options.panel_width) + " x " +
                                      std::to_string(options.panel_height) + " px is too small: at least " +
                                      std::to_string(kSmallestPanel) + " each way");
  }
  for (const PlotPanel& panel : panels) {
    for (const PlotSeries& series : panel.series) {
      if (series.x.size() != series.y.size()) {
        throw Error(ErrorCode::usage, "plot series \"" + series.name + "\" has " + std::to_string(series.x.size()) +
                                          " x values and " + std::to_string(series.y.size()) + " y values");
      }
    }
  }
}

}  // namespace

Image render_plot(const std::vector<PlotPanel>& panels, const PlotOptions& options) {
  check(panels, options);
  const Font title_font(kTitleSize + 2, FontWeight::bold);
  const int top = options.title.empty() ? 0 : 14 + title_font.line_height();
  cv::Mat3b picture(top + options.panel_height, options.panel_width * static_cast<int>(panels.size()),
                    cv::Vec3b::all(255));
  title_font.draw(picture, options.title, {64, 14 + title_font.ascent()}, kInk);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const cv::Rect place(static_cast<int>(i) * options.panel_width, top, options.panel_width, options.panel_height);
    draw_panel(picture(place), panels[i]);
  }
  return to_image(picture);
}

}  // namespace fovea::render
