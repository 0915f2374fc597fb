/// @file The decoders behind open_frames(), one per format.
///
/// All of them: read the dimensions and check them before they read or allocate pixels; turn the image upright; refuse
/// data that end early or that the codec calls damaged; print nothing. Colour profiles and gamma are ignored.
/// OpenCV's imgcodecs is not among them: it returns a full image and a line on stderr for a truncated JPEG.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fovea/image.hpp"
#include "fovea/loader.hpp"

namespace fovea::io {

/// One input in memory.
struct Encoded {
  std::span<const std::uint8_t> bytes;
  std::string name;  ///< for messages
  LoadOptions options;
};

enum class Format { jpeg, png, tiff, webp, bmp, pnm, gif };

/// "jpeg", "png", ...
std::string_view to_string(Format format) noexcept;

/// Tells the format from the first bytes.
std::optional<Format> sniff(std::span<const std::uint8_t> bytes) noexcept;

/// Grey, YCbCr and RGB as libjpeg-turbo converts them; CMYK and YCCK by image::inverted_cmyk_to_rgb(). Decoded at
/// 1/2, 1/4 or 1/8 where LoadOptions::min_side allows. EXIF orientation from APP1. 12-bit and lossless: unsupported.
Image decode_jpeg(const Encoded& input);

/// Palette and grey are expanded, 16 bits are scaled to 8 and rounded, alpha is composited over white. EXIF
/// orientation from eXIf.
Image decode_png(const Encoded& input);

/// Alpha is composited over white. Of an animation, the first frame on a white canvas. EXIF orientation from EXIF.
Image decode_webp(const Encoded& input);

/// First frame on a white canvas of the logical screen's size, transparent pixels white.
Image decode_gif(const Encoded& input);

/// 1 to 32 bits, palette, bit fields (their alpha composited over white), RLE4 and RLE8, OS/2 headers.
Image decode_bmp(const Encoded& input);

/// PBM, PGM and PPM, plain and raw (P1 to P6); samples are scaled to 8 bits by their maximum and rounded.
Image decode_pnm(const Encoded& input);

/// Each page a frame, read when it is asked for. What libtiff's RGBA interface converts: grey, palette, RGB, CMYK,
/// YCbCr and L*a*b* of up to 16 bits (brought to 8: rounded, grey by its higher byte), all its compressions; alpha is
/// composited over white.
std::unique_ptr<FrameReader> open_tiff(Bytes bytes, const std::string& name, const LoadOptions& options);

[[noreturn]] void throw_corrupt(const std::string& name, Format format, const std::string& what);
[[noreturn]] void throw_unsupported(const std::string& name, Format format, const std::string& what);

/// @throws Error: corrupt for an empty image, unsupported for one of more than `max_pixels`.
void check_dimensions(const std::string& name, Format format, std::uint64_t width, std::uint64_t height,
                      std::uint64_t max_pixels);

/// A black image that is stored at full resolution, to be filled and then turned upright.
Image blank_image(std::uint64_t width, std::uint64_t height);

}  // namespace fovea::io
