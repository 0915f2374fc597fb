#include "render/scale_bar.hpp"

#include <cmath>
#include <cstdio>

#include "fovea/error.hpp"

namespace fovea::render {

std::optional<ScaleBar> choose_scale_bar(int extent_px, double spacing_mm) {
  if (!(std::isfinite(spacing_mm) && spacing_mm > 0)) {
    throw Error(ErrorCode::usage, "a pixel spacing is " + std::to_string(spacing_mm) + " mm: expected over 0");
  }
  if (extent_px < 3) return std::nullopt;
  const double longest = extent_px * spacing_mm / 3;
  const double power = std::pow(10, std::floor(std::log10(longest)));
  for (const double factor : {5.0, 2.0, 1.0}) {
    const double mm = factor * power;
    if (mm <= longest * (1 + 1e-9) && mm >= spacing_mm) return ScaleBar{.mm = mm, .pixels = mm / spacing_mm};
  }
  return std::nullopt;
}

std::string scale_bar_label(const ScaleBar& bar) {
  char text[48];
  std::snprintf(text, sizeof text, "%g mm", bar.mm);
  return text;
}

}  // namespace fovea::render
