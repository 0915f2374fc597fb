/// @file Images written as PNG (libpng) and JPEG (libjpeg-turbo), without metadata.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "fovea/image.hpp"

namespace fovea::io {

constexpr int kDefaultJpegQuality = 90;

/// What a PNG file holds: three channels, or the first one alone of an image that is grey.
enum class PngColour { rgb, grey };

/// The image as a PNG file of 8 bits, lossless.
/// @throws Error: usage when the image is empty or `pixels` does not have its size.
std::vector<std::byte> encode_png(const Image& image, PngColour colour = PngColour::rgb);

/// Pixels of any kind that a PNG file holds without alpha and palette.
struct PngPixels {
  int width = 0;
  int height = 0;
  int channels = 1;                       ///< 1: grey, 3: R, G, B
  int bits = 8;                           ///< of a sample: 8, or 16, big endian
  std::span<const std::uint8_t> samples;  ///< height * width * channels * bits / 8 bytes
};

/// Pixels as a PNG file, lossless.
/// @throws Error: usage when there is none, or when `samples` does not have their size.
std::vector<std::byte> encode_png_pixels(const PngPixels& pixels);

/// The image as a baseline JPEG file with 4:2:0 colour.
/// @param quality 1 to 100, as libjpeg counts it.
/// @throws Error: usage as for encode_png, for a quality out of range and for a side over 65,500 pixels.
std::vector<std::byte> encode_jpeg(const Image& image, int quality = kDefaultJpegQuality);

/// The same, into a file that appears under its name only when it is complete.
/// @throws Error: usage as above, io.
void write_png(const std::filesystem::path& path, const Image& image, PngColour colour = PngColour::rgb);
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality = kDefaultJpegQuality);

}  // namespace fovea::io
