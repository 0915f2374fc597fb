/// @file NumPy's .npy files (format 1.0 of numpy.lib.format): C order, little endian.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::io {

/// All that stands before the values, which begin at a multiple of 64 bytes.
/// @param type of a value, as NumPy writes it: "|u1", "<i2", "<f4"
/// @param shape sides, the one that changes slowest first
std::string npy_header(std::string_view type, std::span<const std::size_t> shape);

/// float32 values of one map: `height * width`, row by row.
struct FloatMap {
  int width = 0;
  int height = 0;
  std::vector<float> values;
};

/// Writes a map as [height, width].
/// @throws Error: internal when the map does not have its size, io.
void write_npy(const std::filesystem::path& path, std::span<const float> values, int width, int height);

/// Reads a file that write_npy() wrote, or another of two sides, of little endian float32 in C order.
/// @throws Error: io; corrupt (no .npy file, damaged, another length than it says); unsupported (another type or
///   number of sides).
FloatMap read_npy(const std::filesystem::path& path);

}  // namespace fovea::io
