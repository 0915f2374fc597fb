#include "io/exif.hpp"

#include <algorithm>
#include <string_view>

#include "io/byte_order.hpp"

namespace fovea::io {
namespace {

constexpr std::string_view kPrefix{"Exif\0\0", 6};
constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kShortType = 3;
constexpr std::size_t kEntryBytes = 12;

bool starts_with(std::span<const std::uint8_t> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::equal(text.begin(), text.end(), bytes.begin());
}

}  // namespace

int exif_orientation(std::span<const std::uint8_t> exif) {
  if (starts_with(exif, kPrefix)) exif = exif.subspan(kPrefix.size());
  const bool big = starts_with(exif, "MM");
  if (!big && !starts_with(exif, "II")) return 1;
  const ByteOrder order = big ? ByteOrder::big : ByteOrder::little;
  const auto directory = uint_at(exif, 4, 4, order);
  if (!directory) return 1;
  const auto entries = uint_at(exif, *directory, 2, order);
  for (std::uint32_t i = 0; i < entries.value_or(0); ++i) {
    const std::size_t entry = std::size_t{*directory} + 2 + i * kEntryBytes;
    const auto tag = uint_at(exif, entry, 2, order);
    if (!tag) return 1;
    if (*tag != kOrientationTag || uint_at(exif, entry + 2, 2, order) != kShortType) continue;
    const auto value = uint_at(exif, entry + 8, 2, order);
    return value && *value >= 1 && *value <= 8 ? static_cast<int>(*value) : 1;
  }
  return 1;
}

}  // namespace fovea::io
