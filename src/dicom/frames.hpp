/// @file The bytes of one frame, as they are coded.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dicom/pixel_module.hpp"

namespace fovea::dicom {

/// Which fragments make which frame (PS3.5, section A.4): one each, by the offset table, or by the marks with which
/// images of the codec begin.
/// @returns for each frame its fragments.
/// @throws Error: corrupt when they do not make as many frames as the file says it has.
std::vector<std::vector<Extent>> group_fragments(const Dataset& file, int frames);

/// Copies the fragments of a frame together.
std::vector<std::uint8_t> join(const Dataset& file, const std::vector<Extent>& fragments);

}  // namespace fovea::dicom
