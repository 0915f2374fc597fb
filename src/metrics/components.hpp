/// @file Connected regions of a mask.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fovea::metrics {

/// The 8-connected regions of a mask, numbered from 1 in the order of their first pixels.
struct Components {
  std::vector<std::int32_t> labels;  ///< of each pixel; 0 where the mask is not marked
  std::vector<std::int64_t> areas;   ///< in pixels, of region 1, 2, ...
};

/// @param mask height * width values; not 0: marked
/// @throws Error: usage when the mask does not have that size.
Components find_components(std::span<const std::uint8_t> mask, int width, int height);

}  // namespace fovea::metrics
