/// @file A bar of a round length in millimetres.
#pragma once

#include <optional>
#include <string>

namespace fovea::render {

/// A length that looks the same for every scan of the same size and spacing.
struct ScaleBar {
  double mm = 0;      ///< 1, 2 or 5 times a power of ten
  double pixels = 0;  ///< of the scan
};

/// The longest bar that covers no more than a third of `extent_px` pixels; nothing when that is less than a pixel.
/// @param spacing_mm distance of the centres of neighbouring pixels along the bar
/// @throws Error: usage when the spacing is not a positive number.
std::optional<ScaleBar> choose_scale_bar(int extent_px, double spacing_mm);

/// "20 mm", "0.5 mm"
std::string scale_bar_label(const ScaleBar& bar);

}  // namespace fovea::render
