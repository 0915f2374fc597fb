/// @file From a heat map to what is marked on it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fovea/highlighter.hpp"

namespace fovea::image {

/// Distance of the centres of neighbouring pixels, in mm.
struct PixelSpacing {
  double x_mm = 1;  ///< of two columns
  double y_mm = 1;  ///< of two rows
};

/// Patient coordinates (LPS, mm) of a place on the image, in pixels: (0, 0) is the centre of the first pixel.
using PatientMapping = std::function<std::array<double, 3>(double x, double y)>;

/// What counts as a region, and what is known of the pixels.
struct RegionOptions {
  double threshold = 0.5;                 ///< pixels whose value reaches it are marked; 0 to 1
  std::int64_t min_area_px = 1;           ///< smaller regions are neither listed nor marked
  std::string label{};                    ///< given to every region
  std::optional<PixelSpacing> spacing{};  ///< for areas in mm2
  PatientMapping to_patient{};            ///< for centroids in mm; may be empty
};

struct MarkedRegions {
  std::vector<std::uint8_t> mask;  ///< height * width; 1 in the regions, 0 elsewhere
  std::vector<Region> regions;     ///< largest score first, equal ones in the order of their first pixels
};

/// The 8-connected regions of a heat map in which it reaches a threshold. The points of a contour are pixels of the
/// region at its border where the border turns; between them it is straight, along a row, a column or a diagonal.
/// Filling the first ring of each region and clearing the inside of the others gives back the mask.
/// @param heat_map height * width values of 0 to 1, row by row from the top
/// @throws Error: usage (an option out of range), internal (another number of values, a value that is not 0 to 1).
MarkedRegions find_regions(std::span<const float> heat_map, int width, int height, const RegionOptions& options);

}  // namespace fovea::image
