/// @file What stands below a scan with a heat map on it: the scale, the threshold, the scale bar.
#pragma once

#include <optional>
#include <string>

#include <opencv2/core.hpp>

#include "render/colormap.hpp"
#include "render/font.hpp"
#include "render/heat_meaning.hpp"
#include "render/scale_bar.hpp"

namespace fovea::render {

inline const cv::Vec3b kScanBackground(16, 17, 20);  ///< dark, as scans are looked at
inline const cv::Vec3b kScanText(232, 234, 237);
inline const cv::Vec3b kScanFaint(154, 160, 166);

/// Colour of contours: in no tissue, in no grey, and not among those of the colour maps whose brightness rises evenly.
inline const cv::Vec3b kContour(0, 229, 255);

/// How colours come about on a scan.
struct HeatColors {
  ColorTable table{};
  double opacity = 0;  ///< of the colours where the heat map is 1; in proportion to its value below
};

/// Colour of a pixel of the scan under a value of the heat map.
cv::Vec3b heat_color(const cv::Vec3b& scan, double value, const HeatColors& colors) noexcept;

struct ScanLegendContent {
  HeatColors colors;
  std::optional<double> threshold;        ///< marked on the scale
  bool contours = true;                   ///< explains the colour of contours
  std::optional<ScaleBar> scale_bar;      ///< in pixels of the scan above
  std::string note{};                     ///< last line
  std::string meaning = kAnomalyMeaning;  ///< of the colours; first line
};

/// The scale is fixed: 0 to 1, whatever the values of a heat map.
class ScanLegend {
 public:
  /// @param font_px height of the em square; everything but the scale bar goes by it
  ScanLegend(ScanLegendContent content, int font_px);

  /// Least width in which every line fits, in pixels.
  int min_width() const;
  int height() const;

  /// Draws over all of `panel`, which is at least min_width() wide and height() high.
  void draw(cv::Mat3b panel) const;

 private:
  int draw_scale(cv::Mat3b& panel, int top) const;
  int draw_scale_bar(cv::Mat3b& panel, int top) const;
  std::string threshold_label() const;

  ScanLegendContent content_;
  int em_;
  Font font_;
};

}  // namespace fovea::render
