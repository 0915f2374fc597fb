#include "dicom/structure.hpp"

#include <array>
#include <cstdio>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctag.h>

#include "fovea/error.hpp"
#include "io/byte_order.hpp"

namespace fovea::dicom {
namespace {

using io::ByteOrder;
using io::uint_at;

constexpr std::uint32_t kUndefined = 0xFFFFFFFF;
constexpr std::uint32_t kItem = 0xFFFEE000, kItemEnd = 0xFFFEE00D, kSequenceEnd = 0xFFFEE0DD;

std::string tag_text(std::uint32_t tag) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "(%04x,%04x)", tag >> 16, tag & 0xFFFF);
  return text.data();
}

bool has_long_length(std::string_view vr) {
  constexpr std::array<std::string_view, 13> kLong{"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                   "SV", "UC", "UN", "UR", "UT", "UV"};
  for (const auto one : kLong) {
    if (vr == one) return true;
  }
  return false;
}

struct Header {
  std::uint32_t tag = 0;
  std::string_view vr;  ///< empty: implicit, or an item
  std::uint32_t length = 0;
  std::size_t value = 0;  ///< offset
};

class Walker {
 public:
  Walker(std::span<const std::uint8_t> bytes, const std::string& name, std::size_t size)
      : bytes_(bytes), name_(name), size_(size) {}

  /// The elements of the data set itself, up to the pixel data.
  Structure data_set(Encoding encoding) {
    Structure structure;
    std::size_t offset = 0;
    while (offset < bytes_.size()) {
      const auto header = header_at(offset, bytes_.size(), encoding);
      if (is_pixel_data(header.tag)) {
        structure.pixels = pixels(header);
        break;
      }
      const auto end = value(header, bytes_.size(), encoding, 0);
      // An item outside of any sequence is what some tools leave behind that delete sequences.
      if (header.tag != kItem) add(structure.attributes, {offset, end - offset});
      offset = end;
    }
    return structure;
  }

 private:
  static bool is_pixel_data(std::uint32_t tag) { return tag >= 0x7FE00008 && tag <= 0x7FE00010; }

  static void add(std::vector<Extent>& extents, const Extent& next) {
    if (!extents.empty() && extents.back().offset + extents.back().length == next.offset) {
      extents.back().length += next.length;
    } else {
      extents.push_back(next);
    }
  }

  PixelExtent pixels(const Header& header) const {
    PixelExtent result{.tag = header.tag, .words = header.vr == "OW", .encapsulated = header.length == kUndefined};
    if (!result.encapsulated) {
      check_length(header, header.value, size_, "an element");
      result.value = {header.value, header.length};
      return result;
    }
    if (size_ == bytes_.size()) fragments(header, size_, &result);
    return result;
  }

  /// The elements from `offset` to `end`, or to the delimiter of an item of undefined length.
  /// @returns the offset behind them.
  std::size_t elements(std::size_t offset, std::size_t end, Encoding encoding, int depth, bool delimited) {
    if (depth > kMaxNesting) fail(0, offset, "sequences nest more than " + std::to_string(kMaxNesting) + " deep");
    while (offset < end) {
      const auto header = header_at(offset, end, encoding);
      if (delimited && header.tag == kItemEnd) return header.value;
      offset = value(header, end, encoding, depth);
    }
    if (delimited) fail(kItemEnd, offset, "the data end before an item does");
    return end;
  }

  [[noreturn]] void fail(std::uint32_t tag, std::size_t offset, const std::string& what) const {
    throw Error(ErrorCode::corrupt, name_ + ": damaged or truncated DICOM file: " + what + ", at " + tag_text(tag) +
                                        ", byte " + std::to_string(offset));
  }

  std::uint32_t number(std::size_t offset, std::size_t size, std::size_t end, ByteOrder order) const {
    if (offset + size > end) fail(0, offset, "the data end within an element");
    return *uint_at(bytes_, offset, size, order);
  }

  Header header_at(std::size_t offset, std::size_t end, Encoding encoding) const {
    const auto order = encoding.big_endian ? ByteOrder::big : ByteOrder::little;
    Header header;
    header.tag = number(offset, 2, end, order) << 16 | number(offset + 2, 2, end, order);
    const bool item = header.tag >> 16 == 0xFFFE;
    if (!encoding.explicit_vr || item) {
      header.length = number(offset + 4, 4, end, order);
      header.value = offset + 8;
      return header;
    }
    number(offset + 4, 4, end, order);
    header.vr = {reinterpret_cast<const char*>(bytes_.data()) + offset + 4, 2};
    if (has_long_length(header.vr)) {
      header.length = number(offset + 8, 4, end, order);
      header.value = offset + 12;
    } else {
      header.length = number(offset + 6, 2, end, order);
      header.value = offset + 8;
    }
    return header;
  }

  /// @returns the offset behind the value.
  std::size_t value(const Header& header, std::size_t end, Encoding encoding, int depth) {
    // Of unknown representation and undefined length: a sequence in implicit VR little endian (PS3.5, section 6.2.2).
    const bool unknown = header.vr == "UN" && header.length == kUndefined;
    const auto inner = unknown ? Encoding{.explicit_vr = false, .big_endian = false} : encoding;
    if (header.length == kUndefined) {
      if (header.tag == 0x7FE00010 && !unknown) return fragments(header, end, nullptr);  // of an icon
      return items(header.value, end, inner, depth, true);
    }
    check_length(header, header.value, end, "an element");
    const auto behind = header.value + header.length;
    if (header.vr == "SQ" || is_implicit_sequence(header, encoding)) items(header.value, behind, inner, depth, false);
    return behind;
  }

  /// Whether DCMTK will take an element without a representation for a sequence.
  bool is_implicit_sequence(const Header& header, Encoding encoding) const {
    if (encoding.explicit_vr || header.length < 8) return false;
    const auto order = encoding.big_endian ? ByteOrder::big : ByteOrder::little;
    const auto first = *uint_at(bytes_, header.value, 2, order) << 16 | *uint_at(bytes_, header.value + 2, 2, order);
    if (first != kItem) return false;
    const DcmTag tag(static_cast<Uint16>(header.tag >> 16), static_cast<Uint16>(header.tag & 0xFFFF));
    return tag.getEVR() == EVR_SQ;
  }

  /// The items of a sequence, to its delimiter if it has one.
  std::size_t items(std::size_t offset, std::size_t end, Encoding encoding, int depth, bool delimited) {
    while (offset < end) {
      const auto header = header_at(offset, end, encoding);
      if (header.tag == kSequenceEnd) return header.value;
      if (header.tag != kItem) fail(header.tag, offset, "expected an item of a sequence");
      if (header.length == kUndefined) {
        offset = elements(header.value, end, encoding, depth + 1, true);
      } else {
        check_length(header, offset, end, "an item");
        offset = elements(header.value, header.value + header.length, encoding, depth + 1, false);
      }
    }
    if (delimited) fail(kSequenceEnd, offset, "the data end before a sequence does");
    return end;
  }

  /// The fragments of encapsulated pixel data (PS3.5, section A.4), the offset table first; always little endian. A
  /// file may end with its last fragment: some writers leave the delimiter out.
  std::size_t fragments(const Header& pixel_data, std::size_t end, PixelExtent* result) const {
    std::size_t offset = pixel_data.value;
    bool first = true;
    while (offset < end) {
      const auto header = header_at(offset, end, {});
      if (header.tag == kSequenceEnd) return header.value;
      if (header.tag != kItem) fail(header.tag, offset, "expected a fragment of the pixel data");
      check_length(header, offset, end, "a fragment");
      if (result != nullptr) {
        const Extent extent{header.value, header.length};
        if (first) {
          result->offset_table = extent;
        } else {
          result->fragments.push_back(extent);
        }
      }
      first = false;
      offset = header.value + header.length;
    }
    return end;
  }

  void check_length(const Header& header, std::size_t at, std::size_t end, const char* what) const {
    if (header.length <= end - header.value) return;
    fail(header.tag, at,
         std::string(what) + " says that it has " + std::to_string(header.length) + " bytes, but " +
             std::to_string(end - header.value) + " are left");
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& name_;
  std::size_t size_;  ///< of the whole data set
};

}  // namespace

Structure scan_structure(std::span<const std::uint8_t> bytes, Encoding encoding, const std::string& name,
                         std::size_t size) {
  return Walker(bytes, name, size).data_set(encoding);
}

}  // namespace fovea::dicom
