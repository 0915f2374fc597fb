#include "dicom_out/icc_profile.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace fovea::dicom_out {
namespace {

using Bytes8 = std::vector<std::uint8_t>;

void put(Bytes8& out, std::uint32_t value, int size) {
  for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
void put(Bytes8& out, std::string_view text) {
  for (const auto c : text) out.push_back(static_cast<std::uint8_t>(c));
}
void put_zeros(Bytes8& out, std::size_t count) { out.resize(out.size() + count); }

/// s15Fixed16Number.
void put_fixed(Bytes8& out, double value) {
  put(out, static_cast<std::uint32_t>(static_cast<std::int32_t>(std::lround(value * 65536))), 4);
}

Bytes8 xyz(double x, double y, double z) {
  Bytes8 out;
  put(out, "XYZ ");
  put_zeros(out, 4);
  for (const auto value : {x, y, z}) put_fixed(out, value);
  return out;
}

Bytes8 text(std::string_view value) {
  Bytes8 out;
  put(out, "text");
  put_zeros(out, 4);
  put(out, value);
  out.push_back(0);
  return out;
}

/// textDescriptionType: ASCII, no Unicode, no Macintosh script.
Bytes8 description(std::string_view value) {
  Bytes8 out;
  put(out, "desc");
  put_zeros(out, 4);
  put(out, static_cast<std::uint32_t>(value.size() + 1), 4);
  put(out, value);
  put_zeros(out, 1 + 8 + 2 + 1 + 67);
  return out;
}

/// The curve from stored to linear light.
Bytes8 curve() {
  constexpr std::uint32_t kEntries = 1024;
  Bytes8 out;
  put(out, "curv");
  put_zeros(out, 4);
  put(out, kEntries, 4);
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    const double stored = i / (kEntries - 1.0);
    const double linear = stored <= 0.04045 ? stored / 12.92 : std::pow((stored + 0.055) / 1.055, 2.4);
    put(out, static_cast<std::uint32_t>(std::lround(linear * 65535)), 2);
  }
  return out;
}

struct Tag {
  std::string_view name;
  std::size_t data;  ///< which of the data
};

}  // namespace

std::vector<std::uint8_t> srgb_profile() {
  // The primaries of sRGB, brought from its white D65 to the profile connection space's D50 (Bradford).
  const std::array<Bytes8, 7> data{description("sRGB"),
                                   text("No copyright, use freely"),
                                   xyz(0.95045, 1.0, 1.08905),
                                   xyz(0.43607, 0.22249, 0.01392),
                                   xyz(0.38515, 0.71687, 0.09708),
                                   xyz(0.14307, 0.06061, 0.71410),
                                   curve()};
  constexpr std::array<Tag, 9> kTags{Tag{"desc", 0}, Tag{"cprt", 1}, Tag{"wtpt", 2}, Tag{"rXYZ", 3}, Tag{"gXYZ", 4},
                                     Tag{"bXYZ", 5}, Tag{"rTRC", 6}, Tag{"gTRC", 6}, Tag{"bTRC", 6}};
  constexpr std::size_t kHeader = 128;
  std::array<std::size_t, data.size()> offsets{};
  std::size_t end = kHeader + 4 + 12 * kTags.size();
  for (std::size_t i = 0; i < data.size(); ++i) {
    offsets[i] = end;
    end += (data[i].size() + 3) / 4 * 4;
  }

  Bytes8 out;
  put(out, static_cast<std::uint32_t>(end), 4);
  put_zeros(out, 4);
  put(out, 0x02400000, 4);  // version
  put(out, "scnrRGB XYZ ");
  for (const auto part : {2024U, 1U, 1U, 0U, 0U, 0U}) put(out, part, 2);
  put(out, "acsp");
  put_zeros(out, 28);  // platform, flags, device, attributes, intent: perceptual
  for (const auto value : {0.9642, 1.0, 0.8249}) put_fixed(out, value);
  put_zeros(out, kHeader - out.size());
  put(out, kTags.size(), 4);
  for (const auto& tag : kTags) {
    put(out, tag.name);
    put(out, static_cast<std::uint32_t>(offsets[tag.data]), 4);
    put(out, static_cast<std::uint32_t>(data[tag.data].size()), 4);
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    put_zeros(out, offsets[i] - out.size());
    for (const auto byte : data[i]) out.push_back(byte);
  }
  put_zeros(out, end - out.size());
  return out;
}

}  // namespace fovea::dicom_out
