#include "io/map_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "fovea/error.hpp"
#include "io/file.hpp"
#include "io/image_writer.hpp"

namespace fovea::io {
namespace {

void check_size(const std::string& what, std::size_t found, int width, int height) {
  if (width > 0 && height > 0 && found == static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) return;
  throw Error(ErrorCode::internal, what + " of " + std::to_string(width) + " x " + std::to_string(height) + " has " +
                                       std::to_string(found) + " values, expected width * height");
}

}  // namespace

void write_heat_map_png(const std::filesystem::path& path, std::span<const float> heat_map, int width, int height) {
  check_size("a heat map", heat_map.size(), width, height);
  std::vector<std::uint8_t> levels(2 * heat_map.size());
  for (std::size_t i = 0; i < heat_map.size(); ++i) {
    const float p = heat_map[i];
    if (!(p >= 0 && p <= 1)) {
      throw Error(ErrorCode::internal,
                  "value " + std::to_string(i) + " of a heat map is " + std::to_string(p) + ": expected 0 to 1");
    }
    const auto level = static_cast<unsigned>(std::lround(static_cast<double>(p) * 65535));
    levels[2 * i] = static_cast<std::uint8_t>(level >> 8U);  // PNG is big endian
    levels[2 * i + 1] = static_cast<std::uint8_t>(level & 0xFFU);
  }
  write_file(path, encode_png_pixels({.width = width, .height = height, .channels = 1, .bits = 16, .samples = levels}));
}

void write_mask_png(const std::filesystem::path& path, std::span<const std::uint8_t> mask, int width, int height) {
  check_size("a mask", mask.size(), width, height);
  std::vector<std::uint8_t> levels(mask.size());
  std::transform(mask.begin(), mask.end(), levels.begin(), [](std::uint8_t marked) { return marked != 0 ? 255 : 0; });
  write_file(path, encode_png_pixels({.width = width, .height = height, .channels = 1, .bits = 8, .samples = levels}));
}

}  // namespace fovea::io
