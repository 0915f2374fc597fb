/// @file Line plots, such as the curves of a training run.
#pragma once

#include <string>
#include <vector>

#include "fovea/image.hpp"

namespace fovea::render {

/// One line of a plot.
struct PlotSeries {
  std::string name;       ///< for the legend
  std::vector<double> x;  ///< rising
  std::vector<double> y;  ///< as many; points that are not finite are left out (a value that was not measured yet)
};

/// One pair of axes. The range of each axis is that of the values.
struct PlotPanel {
  std::string title;
  std::string x_label;
  std::vector<PlotSeries> series;
};

/// How a plot is drawn.
struct PlotOptions {
  std::string title{};     ///< above all panels; empty: none
  int panel_width = 640;   ///< px
  int panel_height = 420;  ///< px
};

/// Draws panels side by side. A panel without a point shows empty axes.
/// @throws Error: usage (no panel, a series with different numbers of x and y, a panel too small for its axes).
Image render_plot(const std::vector<PlotPanel>& panels, const PlotOptions& options = {});

}  // namespace fovea::render
