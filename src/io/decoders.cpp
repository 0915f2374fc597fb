#include "io/decoders.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "fovea/error.hpp"

namespace fovea::io {
namespace {

using namespace std::string_view_literals;

struct Signature {
  Format format;
  std::string_view magic;
};
constexpr std::array kSignatures = {
    Signature{Format::jpeg, "\xFF\xD8\xFF"sv}, Signature{Format::png, "\x89PNG\r\n\x1A\n"sv},
    Signature{Format::tiff, "II*\0"sv},        Signature{Format::tiff, "MM\0*"sv},
    Signature{Format::tiff, "II+\0"sv},  // BigTIFF
    Signature{Format::tiff, "MM\0+"sv},        Signature{Format::gif, "GIF87a"sv},
    Signature{Format::gif, "GIF89a"sv},        Signature{Format::bmp, "BM"sv}};

std::string upper_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return result;
}

}  // namespace

std::string_view to_string(Format format) noexcept {
  constexpr std::array<std::string_view, 7> kNames = {"jpeg", "png", "tiff", "webp", "bmp", "pnm", "gif"};
  return kNames[static_cast<std::size_t>(format)];
}

std::optional<Format> sniff(std::span<const std::uint8_t> bytes) noexcept {
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 16));
  for (const auto& [format, magic] : kSignatures) {
    if (head.starts_with(magic)) return format;
  }
  if (head.starts_with("RIFF") && head.size() >= 12 && head.substr(8, 4) == "WEBP") return Format::webp;
  if (head.size() >= 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '6' &&
      " \t\r\n#"sv.find(head[2]) != std::string_view::npos) {
    return Format::pnm;
  }
  return std::nullopt;
}

void throw_corrupt(const std::string& name, Format format, const std::string& what) {
  throw Error(ErrorCode::corrupt, name + ": damaged or truncated " + upper_case(to_string(format)) + " file: " + what);
}

void throw_unsupported(const std::string& name, Format format, const std::string& what) {
  throw Error(ErrorCode::unsupported,
              name + ": " + upper_case(to_string(format)) + " file that Fovea does not read: " + what);
}

void check_dimensions(const std::string& name, Format format, std::uint64_t width, std::uint64_t height,
                      std::uint64_t max_pixels) {
  constexpr std::uint64_t kMaxSide = std::numeric_limits<int>::max();
  const std::string size = std::to_string(width) + " x " + std::to_string(height);
  if (width == 0 || height == 0) throw_corrupt(name, format, "the image has " + size + " pixels");
  if (width > kMaxSide || height > kMaxSide || width * height > max_pixels) {
    throw_unsupported(name, format,
                      "the image has " + size + " pixels, and the limit (max_pixels) is " + std::to_string(max_pixels) +
                          "; raise it if the file can be trusted");
  }
}

Image blank_image(std::uint64_t width, std::uint64_t height) {
  const int columns = static_cast<int>(width);
  const int rows = static_cast<int>(height);
  return {.width = columns,
          .height = rows,
          .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3),
          .geometry = {.width = columns, .height = rows, .exif_orientation = 1, .scale_denominator = 1}};
}

}  // namespace fovea::io
