/// @file Marks that a person or machine drew onto a scan: calipers, dotted lines, letters.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/image.hpp"

namespace fovea::image {

/// Which pixels belong to drawn marks (1) or to the scan (0): what is nearly white or coloured, much brighter than its
/// surroundings, and thin. Made for ultrasound, whose own structures are softer than a drawn line.
/// @return width * height values
std::vector<std::uint8_t> find_annotations(const Image& image);

/// The image with the marks filled in from around them (Telea 2004, "An Image Inpainting Technique Based on the Fast
/// Marching Method").
Image without_annotations(const Image& image);

}  // namespace fovea::image
