/// @file Whether a DICOM stream is what it says it is, before DCMTK believes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fovea::dicom {

/// How data elements are written (PS3.5, section 7.1).
struct Encoding {
  bool explicit_vr = true;
  bool big_endian = false;
};

/// Sequences may nest this deep. Real files stay below 10.
constexpr int kMaxNesting = 64;

/// A piece of the stream.
struct Extent {
  std::size_t offset = 0;
  std::size_t length = 0;
};

/// Where the pixel data of an image lie.
struct PixelExtent {
  std::uint32_t tag = 0;            ///< 0x7FE00010 integers, 0x7FE00008 float32, 0x7FE00009 float64
  bool words = false;               ///< OW: bytes of 8-bit samples are swapped in big endian
  bool encapsulated = false;        ///< in fragments
  Extent value{};                   ///< not encapsulated
  std::vector<Extent> fragments{};  ///< encapsulated; without the first, which is the offset table
  Extent offset_table{};            ///< encapsulated
};

struct Structure {
  std::vector<Extent> attributes;     ///< the elements before the pixel data, or all of them, without stray items
  std::optional<PixelExtent> pixels;  ///< of the image itself, not of an icon
};

/// Walks the data elements up to the pixel data and through them, and checks what a parser allocates or recurses by:
/// every length lies within its parent, and sequences nest at most kMaxNesting deep. What follows the pixel data is not
/// looked at.
/// @param size bytes of the data set, of which `bytes` may be the beginning: then fragments are left out
/// @throws Error: corrupt, with the tag and its offset.
Structure scan_structure(std::span<const std::uint8_t> bytes, Encoding encoding, const std::string& name,
                         std::size_t size);

}  // namespace fovea::dicom
