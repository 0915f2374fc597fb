/// @file Slices of a series stacked to a volume.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "fovea/series.hpp"
#include "io/nifti.hpp"

namespace fovea::pipeline {

/// Which slice of a series stands where in its volume.
struct SeriesVolume {
  /// For each plane of the volume the slice, from 0, that it shows; nothing where one is missing.
  std::vector<std::optional<std::size_t>> planes{};
  std::optional<io::VolumeAffine> affine{};  ///< nothing where the slices do not say how they lie
  std::vector<std::string> notices{};        ///< for people
};

/// Stacks slices at equal distances. Planes of a gap are empty; of several slices at one position the first counts.
/// Slices whose positions are not known or follow no even distance are stacked as they come, without an affine.
SeriesVolume stack_slices(const Series& series);

}  // namespace fovea::pipeline
