#include "dicom_out/series_maps.hpp"

#include <algorithm>

#include "fovea/error.hpp"

namespace fovea::dicom_out {

void check_heat_map(const FrameResult& result, const std::vector<float>& heat_map) {
  const auto& finding = result.finding;
  const auto pixels = static_cast<std::size_t>(finding.width) * static_cast<std::size_t>(finding.height);
  if (heat_map.size() != pixels) {
    throw Error(ErrorCode::usage, result.source->name() + ": its heat map has " + std::to_string(heat_map.size()) +
                                      " values, expected " + std::to_string(pixels));
  }
  const auto bad = std::ranges::find_if(heat_map, [](float value) { return !(value >= 0 && value <= 1); });
  if (bad != heat_map.end()) {
    throw Error(ErrorCode::usage, result.source->name() + ": its heat map has the value " + std::to_string(*bad) +
                                      ", expected probabilities from 0 to 1");
  }
}

}  // namespace fovea::dicom_out
