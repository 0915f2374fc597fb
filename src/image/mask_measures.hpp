/// @file What can be said of the lesions on a mask by measuring alone.
#pragma once

#include <cstdint>
#include <span>

namespace fovea::image {

/// Lesions of a mask, and the shape of the largest one. An ellipse stands for the one with the same second moments.
struct MaskMeasures {
  int lesions = 0;        ///< 8-connected regions; the other values mean nothing when it is 0
  double area_share = 0;  ///< of the largest, as a part of the image: 0 to 1
  double centre_x = 0;    ///< centroid of the largest: 0 at the left edge of the image, 1 at the right one
  double centre_y = 0;    ///< 0 at the upper edge, 1 at the lower one
  double axis_ratio = 0;  ///< of the ellipse, minor by major axis in pixels: 1 for a disc, near 0 for a line
  double solidity = 0;    ///< area by that of the convex hull, both in whole pixels: 1 without dents
};

/// Regions that cover less of the image are specks of the annotation, unless there is nothing else.
constexpr double kMinLesionShare = 0.001;

/// @param mask height * width values, row by row from the top; not 0: marked
/// @throws Error: usage when the mask does not have that size.
MaskMeasures measure_mask(std::span<const std::uint8_t> mask, int width, int height);

}  // namespace fovea::image
