/// @file The maps of a series, one after another.
#pragma once

#include "dicom_out/result.hpp"

namespace fovea::dicom_out {

/// The maps of frame `index`, from 0: loaded, or the finding's own.
inline Maps maps_of(const SeriesResult& series, std::size_t index) {
  if (series.load_maps) return series.load_maps(index);
  const auto& finding = series.frames[index].finding;
  return {finding.heat_map, finding.mask};
}

/// @throws Error: usage when the heat map has another size than the finding, or a value that is not 0 to 1.
void check_heat_map(const FrameResult& result, const std::vector<float>& heat_map);

}  // namespace fovea::dicom_out
