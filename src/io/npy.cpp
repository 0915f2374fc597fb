#include "io/npy.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "io/byte_order.hpp"
#include "io/file.hpp"

namespace fovea::io {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written and read as they lie in memory");

constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);
constexpr std::size_t kPrefix = kMagic.size() + 2;  // with the length of the text
constexpr std::size_t kAlignment = 64;
constexpr int kMaxSide = 1 << 20;

/// What stands between two pieces of text, the first of which is met at the beginning; nothing if they are not there.
std::optional<std::string_view> between(std::string_view text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin);
  if (from == std::string_view::npos) return std::nullopt;
  text.remove_prefix(from + begin.size());
  const auto to = text.find(end);
  return to == std::string_view::npos ? std::nullopt : std::optional(text.substr(0, to));
}

/// "480, 640" as two sides.
std::optional<std::array<int, 2>> two_sides(std::string_view text) {
  std::array<int, 2> sides{};
  for (std::size_t i = 0; i < sides.size(); ++i) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), sides[i]);
    if (error != std::errc() || sides[i] < 1 || sides[i] > kMaxSide) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (i == 0) {
      if (!text.starts_with(',')) return std::nullopt;
      text.remove_prefix(1);
    }
  }
  return text.empty() ? std::optional(sides) : std::nullopt;
}

}  // namespace

std::string npy_header(std::string_view type, std::span<const std::size_t> shape) {
  std::string sides;
  for (const std::size_t side : shape) sides += std::to_string(side) + (shape.size() == 1 ? "," : ", ");
  if (shape.size() > 1) sides.resize(sides.size() - 2);
  std::string text = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (" + sides + "), }";
  text.resize((kPrefix + text.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - kPrefix - 1, ' ');
  text += '\n';
  const auto size = static_cast<std::uint16_t>(text.size());
  return std::string(kMagic) + static_cast<char>(size & 0xFF) + static_cast<char>(size >> 8) + text;
}

void write_npy(const std::filesystem::path& path, std::span<const float> values, int width, int height) {
  const std::array shape{static_cast<std::size_t>(height), static_cast<std::size_t>(width)};
  if (width < 1 || height < 1 || values.size() != shape[0] * shape[1]) {
    throw Error(ErrorCode::internal, "a map of " + std::to_string(width) + " x " + std::to_string(height) + " has " +
                                         std::to_string(values.size()) + " values, expected width * height");
  }
  const std::string header = npy_header("<f4", shape);
  const std::array parts{std::as_bytes(std::span(header)), std::as_bytes(values)};
  write_parts(path, parts);
}

FloatMap read_npy(const std::filesystem::path& path) {
  const auto fail = [&](ErrorCode code, const std::string& why) -> Error { return {code, path.string() + ": " + why}; };
  const Bytes bytes = read_bytes(path);
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (!text.starts_with(kMagic) || text.size() < kPrefix) {
    throw fail(ErrorCode::corrupt, "this is no .npy file of format 1.0");
  }
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes->data());
  const std::size_t length = *uint_at({begin, bytes->size()}, kMagic.size(), 2, ByteOrder::little);
  if (length > text.size() - kPrefix) throw fail(ErrorCode::corrupt, "the .npy header ends early");
  const auto header = text.substr(kPrefix, length);
  if (between(header, "'descr': '", "'") != "<f4" || between(header, "'fortran_order': ", ",") != "False") {
    throw fail(ErrorCode::unsupported, "expected float32 in C order, found " + std::string(header.substr(0, 100)));
  }
  const auto shape = between(header, "'shape': (", ")");
  const auto sides = shape ? two_sides(*shape) : std::nullopt;
  if (!sides) {
    throw fail(ErrorCode::unsupported, "expected a shape of two sides, found " + std::string(header.substr(0, 100)));
  }
  FloatMap map{.width = (*sides)[1], .height = (*sides)[0], .values = {}};
  const auto count = static_cast<std::size_t>(map.width) * static_cast<std::size_t>(map.height);
  const auto values = text.substr(kPrefix + length);
  if (values.size() != count * sizeof(float)) {
    throw fail(ErrorCode::corrupt, "found " + std::to_string(values.size()) + " bytes of values, expected " +
                                       std::to_string(count * sizeof(float)));
  }
  map.values.resize(count);
  std::memcpy(map.values.data(), values.data(), values.size());
  return map;
}

}  // namespace fovea::io
