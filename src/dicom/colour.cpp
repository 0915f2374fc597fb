#include "dicom/colour.hpp"

#include <algorithm>
#include <cmath>

namespace fovea::dicom {

std::array<double, 3> ybr_to_rgb(double y, double cb, double cr, double middle) noexcept {
  return {y + 1.402 * (cr - middle), y - 0.344136286 * (cb - middle) - 0.714136286 * (cr - middle),
          y + 1.772 * (cb - middle)};
}

void ybr_to_rgb(StoredFrame& frame) {
  auto& module = frame.module;
  const bool ybr = module.photometric == Photometric::ybr_full || module.photometric == Photometric::ybr_full_422;
  if (!ybr || module.type != SampleType::u8) return;
  for (std::size_t i = 0; i + 3 <= frame.values.size(); i += 3) {
    const auto rgb = ybr_to_rgb(frame.values[i], frame.values[i + 1], frame.values[i + 2], 128);
    for (std::size_t c = 0; c < 3; ++c) {
      frame.values[i + c] = static_cast<std::uint8_t>(std::floor(std::clamp(rgb[c], 0.0, 255.0) + 0.5));
    }
  }
  module.photometric = Photometric::rgb;
}

}  // namespace fovea::dicom
