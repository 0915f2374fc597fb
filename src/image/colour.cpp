#include "image/colour.hpp"

namespace fovea::image {

void rgba_over_white(const std::uint8_t* rgba, std::size_t count, std::uint8_t* rgb) {
  for (; count > 0; --count, rgba += 4, rgb += 3) {
    const unsigned alpha = rgba[3];
    for (int c = 0; c < 3; ++c) rgb[c] = over_white(rgba[c], alpha);
  }
}

void inverted_cmyk_to_rgb(const std::uint8_t* cmyk, std::size_t count, std::uint8_t* rgb) {
  for (; count > 0; --count, cmyk += 4, rgb += 3) {
    const unsigned black = cmyk[3];
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<std::uint8_t>((cmyk[c] * black + 127) / 255);
  }
}

}  // namespace fovea::image
