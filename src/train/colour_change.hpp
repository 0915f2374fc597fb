/// @file Random changes of an image's colours, as one affine map of its channels.
#pragma once

#include <random>

#include <opencv2/core.hpp>

namespace fovea::train {

/// Factors that brightness, contrast about the mean grey and saturation are multiplied by, and a turn of the hues.
struct ColourChange {
  double brightness = 1;
  double contrast = 1;
  double saturation = 1;
  double hue = 0;  ///< radians, about the grey axis
};

/// Each factor from [1 - limit, 1 + limit].
ColourChange colour_change(double brightness, double contrast, double saturation, std::mt19937_64& random);

/// @param rgb CV_8UC3, R first; changed in place
void change_colours(cv::Mat& rgb, const ColourChange& change);

}  // namespace fovea::train
