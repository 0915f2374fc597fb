/// @file Heat maps and masks as PNG files of one channel.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace fovea::io {

/// Writes probabilities as 16-bit grey: 0 is 0 and 1 is 65535, rounded.
/// @param heat_map height * width values of 0 to 1, row by row from the top
/// @throws Error: internal (another number of values, a value that is not 0 to 1), usage (sides over a million), io.
void write_heat_map_png(const std::filesystem::path& path, std::span<const float> heat_map, int width, int height);

/// Writes a mask as 8-bit grey: 0 where it is 0, 255 elsewhere.
/// @throws Error: as write_heat_map_png().
void write_mask_png(const std::filesystem::path& path, std::span<const std::uint8_t> mask, int width, int height);

}  // namespace fovea::io
