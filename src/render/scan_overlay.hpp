/// @file A heat map as colours over the scan it belongs to, with a legend beside the scan's pixels.
///
/// The scale is fixed, 0 to 1, and so is what a colour means on every scan. Colours are the more opaque the higher the
/// probability is, from nothing at 0: what is normal looks as it does without them.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "fovea/highlighter.hpp"
#include "fovea/image.hpp"
#include "image/regions.hpp"

namespace fovea::render {

/// How an overlay is drawn.
struct ScanOverlayOptions {
  std::string colormap = "viridis";              ///< a name of colormap_names()
  double opacity = 0.5;                          ///< of the colours where the probability is 1; 0 to 1
  bool contours = true;                          ///< around the regions
  bool legend = true;                            ///< below the scan; without it the picture has the scan's size
  std::optional<image::PixelSpacing> spacing{};  ///< for scale bars; nothing where it is not known
  std::string note = "Research use only";        ///< last line of the legend; may be empty
};

/// The overlay of one finding. Pixel (x, y) of the scan is pixel (x, y) of the picture: the scan is never resized, and
/// the legend lies below it, in a panel that is wider than a scan too narrow for it. Pixels that are not square get a
/// second scale bar, along the columns, on the right.
/// @param scan any size, colour or grey
/// @param finding heat map and regions on the grid of the scan
/// @throws Error: usage (unknown colour map, opacity or spacing out of range), internal (a heat map of another size
///   than the scan's, or with values that are not 0 to 1).
Image render_scan_overlay(const Image& scan, const Finding& finding, const ScanOverlayOptions& options = {});

}  // namespace fovea::render
