#include "render/scan_legend.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <utility>

#include <opencv2/imgproc.hpp>

namespace fovea::render {
namespace {

const std::string kContourMeaning = "reaches the threshold";
constexpr std::array<std::pair<double, const char*>, 5> kTicks{
    {{0, "0"}, {0.25, "0.25"}, {0.5, "0.5"}, {0.75, "0.75"}, {1, "1"}}};

/// Grounds on which the scale shows its colours: dark and bright tissue.
const std::array<cv::Vec3b, 2> kScaleGrounds{cv::Vec3b(48, 48, 48), cv::Vec3b(176, 176, 176)};

cv::Scalar scalar(const cv::Vec3b& color) { return {double(color[0]), double(color[1]), double(color[2])}; }

}  // namespace

cv::Vec3b heat_color(const cv::Vec3b& scan, double value, const HeatColors& colors) noexcept {
  const double opacity = colors.opacity * value;
  const auto& color = colors.table[static_cast<std::size_t>(std::lround(value * 255))];
  cv::Vec3b mixed;
  for (int c = 0; c < 3; ++c) {
    mixed[c] =
        static_cast<std::uint8_t>(std::lround(scan[c] * (1 - opacity) + color[static_cast<std::size_t>(c)] * opacity));
  }
  return mixed;
}

ScanLegend::ScanLegend(ScanLegendContent content, int font_px)
    : content_(std::move(content)), em_(font_px), font_(font_px) {}

std::string ScanLegend::threshold_label() const {
  char text[48];
  std::snprintf(text, sizeof text, "threshold %.2f", *content_.threshold);
  return text;
}

int ScanLegend::min_width() const {
  int width = std::max(14 * em_, font_.width(content_.meaning));
  if (content_.contours) width = std::max(width, 3 * em_ + font_.width(kContourMeaning));
  if (content_.scale_bar) {
    width = std::max(width, static_cast<int>(std::ceil(content_.scale_bar->pixels)) + em_ +
                                font_.width(scale_bar_label(*content_.scale_bar)));
  }
  return std::max(width, font_.width(content_.note)) + 2 * em_;
}

int ScanLegend::height() const {
  const int line = font_.line_height();
  int height = em_ + line + em_ / 2;                 // what the colours mean
  if (content_.threshold) height += line + em_ / 2;  // its name and mark
  height += em_ + em_ / 3 + line;                    // the scale and its ticks
  if (content_.contours) height += em_ / 2 + line;   //
  if (content_.scale_bar) height += em_ / 2 + line;  //
  if (!content_.note.empty()) height += em_ / 2 + line;
  return height + em_ - em_ / 3;
}

int ScanLegend::draw_scale(cv::Mat3b& panel, int top) const {
  const int left = em_;
  const int width = panel.cols - 2 * em_;
  const auto place = [&](double value) { return left + static_cast<int>(std::lround(value * (width - 1))); };
  const auto centred = [&](const std::string& text, int x) {
    const int text_width = font_.width(text);
    return std::clamp(x - text_width / 2, left, std::max(left, left + width - text_width));
  };
  if (content_.threshold) {
    const int x = place(*content_.threshold);
    font_.draw(panel, threshold_label(), {centred(threshold_label(), x), top + font_.ascent()}, kScanText);
    top += font_.line_height() + em_ / 2;
    const int half = std::max(3, em_ / 3);
    const std::array<cv::Point, 3> mark{cv::Point(x - half, top - half - 2), {x + half, top - half - 2}, {x, top - 2}};
    cv::fillConvexPoly(panel, mark.data(), 3, scalar(kScanText), cv::LINE_AA);
  }
  for (int x = 0; x < width; ++x) {
    const double value = static_cast<double>(x) / std::max(1, width - 1);
    for (int half = 0; half < 2; ++half) {
      panel(cv::Rect(left + x, top + half * em_ / 2, 1, em_ - em_ / 2))
          .setTo(heat_color(kScaleGrounds[static_cast<std::size_t>(half)], value, content_.colors));
    }
  }
  if (content_.threshold) {
    const int line = std::max(1, em_ / 8);
    panel(cv::Rect(place(*content_.threshold) - line / 2, top, line, em_)).setTo(kScanText);
  }
  top += em_;
  for (const auto& [value, label] : kTicks) {
    panel(cv::Rect(place(value) - (value == 1 ? std::max(1, em_ / 12) - 1 : 0), top, std::max(1, em_ / 12), em_ / 3))
        .setTo(kScanFaint);
    font_.draw(panel, label, {centred(label, place(value)), top + em_ / 3 + font_.ascent()}, kScanText);
  }
  return top + em_ / 3 + font_.line_height();
}

int ScanLegend::draw_scale_bar(cv::Mat3b& panel, int top) const {
  const int length = std::max(1, static_cast<int>(std::lround(content_.scale_bar->pixels)));
  const int line = std::max(1, em_ / 8);
  const int middle = top + font_.line_height() / 2;
  const int rise = std::max(2, em_ / 3);
  panel(cv::Rect(em_, middle - line / 2, length, line)).setTo(kScanText);
  for (const int x : {em_, em_ + length - line}) {
    panel(cv::Rect(std::max(em_, x), middle - rise, line, 2 * rise)).setTo(kScanText);
  }
  font_.draw(panel, scale_bar_label(*content_.scale_bar), {2 * em_ + length, top + font_.ascent()}, kScanText);
  return top + font_.line_height();
}

void ScanLegend::draw(cv::Mat3b panel) const {
  panel.setTo(kScanBackground);
  int top = em_;
  font_.draw(panel, content_.meaning, {em_, top + font_.ascent()}, kScanText);
  top = draw_scale(panel, top + font_.line_height() + em_ / 2);
  if (content_.contours) {
    top += em_ / 2;
    const int line = std::max(2, em_ / 6);
    const int middle = top + font_.line_height() / 2;
    panel(cv::Rect(em_, middle - line / 2, 2 * em_, line)).setTo(kContour);
    font_.draw(panel, kContourMeaning, {4 * em_ - em_ / 2, top + font_.ascent()}, kScanText);
    top += font_.line_height();
  }
  if (content_.scale_bar) top = draw_scale_bar(panel, top + em_ / 2);
  if (!content_.note.empty()) font_.draw(panel, content_.note, {em_, top + em_ / 2 + font_.ascent()}, kScanFaint);
}

}  // namespace fovea::render
