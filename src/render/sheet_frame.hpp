/// @file What stands around the panels of an attention sheet.
#pragma once

#include <string>

#include <opencv2/core.hpp>

#include "render/colormap.hpp"

namespace fovea::render {

/// A sheet without its panels.
struct SheetFrame {
  cv::Mat3b picture;   ///< height * width of (R, G, B): title above, legend below, white between
  cv::Point panels{};  ///< top left corner of the place for panels
};

/// @param title wrapped to the width of the panels
/// @param note what else the reader should know; stands below the legend
/// @param panels size of the place to leave, in pixels
SheetFrame make_sheet_frame(const std::string& title, const std::string& note, const ColorTable& colors,
                            cv::Size panels);

}  // namespace fovea::render
