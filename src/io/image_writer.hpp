/// @file Images written as PNG (libpng) and JPEG (libjpeg-turbo), without metadata.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "fovea/image.hpp"

namespace fovea::io {

constexpr int kDefaultJpegQuality = 90;

/// What a PNG file holds: three channels, or the first one alone of an image that is grey.
enum class PngColour { rgb, grey };

/// The image as a PNG file of 8 bits, lossless.
/// @throws Error: usage when the image is empty or `pixels` does not have its size.
std::vector<std::byte> encode_png(const Image& image, PngColour colour = PngColour::rgb);

/// The image as a baseline JPEG file with 4:2:0 colour.
/// @param quality 1 to 100, as libjpeg counts it.
/// @throws Error: usage as for encode_png, for a quality out of range and for a side over 65,500 pixels.
std::vector<std::byte> encode_jpeg(const Image& image, int quality = kDefaultJpegQuality);

/// The same, into a file that appears under its name only when it is complete.
/// @throws Error: usage as above, io.
void write_png(const std::filesystem::path& path, const Image& image, PngColour colour = PngColour::rgb);
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality = kDefaultJpegQuality);

}  // namespace fovea::io
