/// @file The rules by which other kinds of pixel become 8-bit RGB.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace fovea::image {

/// value / maximum of an integer sample as 0 to 255, rounded to nearest; values over the maximum count as the maximum.
constexpr std::uint8_t scale_to_byte(std::uint64_t value, std::uint64_t maximum) {
  return static_cast<std::uint8_t>((std::min(value, maximum) * 255 + maximum / 2) / maximum);
}

/// One sample over white: colour * alpha + white * (1 - alpha), rounded. `colour` is not multiplied by alpha yet.
constexpr std::uint8_t over_white(unsigned colour, unsigned alpha) {
  return static_cast<std::uint8_t>((colour * alpha + 255 * (255 - alpha) + 127) / 255);
}

/// `count` RGBA pixels, composited over white into RGB; `rgb` may be the same memory as `rgba`.
void rgba_over_white(const std::uint8_t* rgba, std::size_t count, std::uint8_t* rgb);

/// `count` inverted CMYK pixels, as Adobe's JPEGs store them (255: no ink), into RGB without a colour profile:
/// red = cyan * black / 255, rounded, and so on.
void inverted_cmyk_to_rgb(const std::uint8_t* cmyk, std::size_t count, std::uint8_t* rgb);

}  // namespace fovea::image
