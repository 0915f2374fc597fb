// BMP is a header and rows of pixels; a library for it (OpenCV's imgcodecs, 160 libraries) costs more than it does.
// Layout: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <string>
#include <vector>

#include "image/colour.hpp"
#include "io/byte_order.hpp"
#include "io/decoders.hpp"

namespace fovea::io {
namespace {

enum Compression : std::uint32_t {
  kPlain = 0,
  kRle8 = 1,
  kRle4 = 2,
  kBitFields = 3,
  kJpeg = 4,
  kPng = 5,
  kAlphaBitFields = 6
};

constexpr std::size_t kFileHeaderBytes = 14;
constexpr std::size_t kCoreHeaderBytes = 12;  // OS/2 1.x and Windows 2
constexpr std::size_t kInfoHeaderBytes = 40;  // the masks of later headers follow here

using Colour = std::array<std::uint8_t, 3>;

/// The bits of one channel in a pixel of 16 or 32 bits.
struct Mask {
  std::uint32_t bits = 0;

  std::uint8_t of(std::uint32_t pixel) const {
    const int shift = std::countr_zero(bits);
    return image::scale_to_byte((pixel & bits) >> shift, bits >> shift);
  }
};

struct Header {
  std::size_t width = 0;
  std::size_t height = 0;
  bool top_down = false;
  std::uint32_t bits = 0;  // per pixel
  std::uint32_t compression = kPlain;
  std::array<Mask, 4> masks{};  // red, green, blue, alpha (0: none); for 16 and 32 bits
  std::vector<Colour> palette;  // for up to 8 bits
  std::size_t data_offset = 0;
};

class BmpReader {
 public:
  explicit BmpReader(const Encoded& input) : input_(input) { read_header(); }

  Image read() {
    const bool rle = header_.compression == kRle8 || header_.compression == kRle4;
    const auto data = input_.bytes.subspan(std::min(header_.data_offset, input_.bytes.size()));
    const std::size_t pitch = (header_.width * header_.bits + 31) / 32 * 4;
    if (!rle && data.size() < pitch * header_.height) {
      fail("its pixels take " + std::to_string(pitch * header_.height) + " bytes, and " + std::to_string(data.size()) +
           " are there");
    }
    Image image = blank_image(header_.width, header_.height);
    if (rle) {
      read_rle(data, image);
    } else {
      for (std::size_t y = 0; y < header_.height; ++y) read_row(data.subspan(y * pitch, pitch), row_of(image, y));
    }
    return image;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw_corrupt(input_.name, Format::bmp, what); }
  [[noreturn]] void refuse(const std::string& what) const { throw_unsupported(input_.name, Format::bmp, what); }

  std::uint32_t uint(std::size_t offset, std::size_t size) const {
    const auto value = uint_at(input_.bytes, offset, size, ByteOrder::little);
    if (!value) fail("its header is cut off");
    return *value;
  }

  void read_header() {
    header_.data_offset = uint(10, 4);
    const std::size_t header_bytes = uint(kFileHeaderBytes, 4);
    const std::size_t start = kFileHeaderBytes;
    if (header_bytes == kCoreHeaderBytes) {
      header_.width = uint(start + 4, 2);
      header_.height = uint(start + 6, 2);
      header_.bits = uint(start + 10, 2);
    } else if (header_bytes >= kInfoHeaderBytes && header_bytes <= 256) {
      const auto width = static_cast<std::int32_t>(uint(start + 4, 4));
      const auto height = static_cast<std::int32_t>(uint(start + 8, 4));
      if (width < 0) fail("its width is " + std::to_string(width));
      header_.width = static_cast<std::size_t>(width);
      header_.top_down = height < 0;
      header_.height = static_cast<std::size_t>(std::abs(std::int64_t{height}));
      header_.bits = uint(start + 14, 2);
      header_.compression = uint(start + 16, 4);
    } else {
      fail("its header claims " + std::to_string(header_bytes) + " bytes");
    }
    check_kind();
    check_dimensions(input_.name, Format::bmp, header_.width, header_.height, input_.options.max_pixels);
    if (header_.bits <= 8) {
      read_palette(start, header_bytes);
    } else if (header_.bits != 24) {
      read_masks(start, header_bytes);
    }
  }

  void check_kind() const {
    const std::uint32_t bits = header_.bits;
    const std::uint32_t compression = header_.compression;
    const std::string kind = std::to_string(bits) + " bits a pixel with compression " + std::to_string(compression);
    if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32) fail(kind);
    const bool fields = compression == kBitFields || compression == kAlphaBitFields;
    if (compression == kPlain || (compression == kRle8 && bits == 8) || (compression == kRle4 && bits == 4) ||
        (fields && (bits == 16 || bits == 32))) {
      return;
    }
    refuse(kind);
  }

  void read_palette(std::size_t start, std::size_t header_bytes) {
    const bool core = header_bytes == kCoreHeaderBytes;
    const std::size_t entry_bytes = core ? 3 : 4;
    const std::size_t most = std::size_t{1} << header_.bits;
    const std::size_t stated = core ? 0 : uint(start + 32, 4);
    std::size_t count = stated == 0 ? most : std::min(stated, most);
    const std::size_t begin = start + header_bytes;
    // Files with a palette that is cut short by the pixels are common enough.
    if (header_.data_offset > begin) count = std::min(count, (header_.data_offset - begin) / entry_bytes);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t bgr = uint(begin + i * entry_bytes, 3);
      header_.palette.push_back({static_cast<std::uint8_t>(bgr >> 16 & 255), static_cast<std::uint8_t>(bgr >> 8 & 255),
                                 static_cast<std::uint8_t>(bgr & 255)});
    }
    header_.palette.resize(most);  // an index beyond the stated colours is black
  }

  void read_masks(std::size_t start, std::size_t header_bytes) {
    if (header_.compression == kPlain) {
      header_.masks = header_.bits == 16 ? std::array<Mask, 4>{{{0x7C00}, {0x03E0}, {0x001F}, {0}}}
                                         : std::array<Mask, 4>{{{0xFF0000}, {0xFF00}, {0xFF}, {0}}};
      return;
    }
    const bool alpha = header_.compression == kAlphaBitFields || header_bytes >= kInfoHeaderBytes + 16;
    for (std::size_t c = 0; c < (alpha ? 4U : 3U); ++c)
      header_.masks[c].bits = uint(start + kInfoHeaderBytes + c * 4, 4);
    for (std::size_t c = 0; c < 3; ++c) {
      if (header_.masks[c].bits == 0) fail("a colour has no bits");
    }
  }

  std::uint8_t* row_of(Image& image, std::size_t y) const {
    const std::size_t row = header_.top_down ? y : header_.height - 1 - y;
    return image.pixels.data() + row * header_.width * 3;
  }

  void read_row(std::span<const std::uint8_t> in, std::uint8_t* out) const {
    const std::size_t bits = header_.bits;
    for (std::size_t x = 0; x < header_.width; ++x, out += 3) {
      if (bits <= 8) {
        const std::size_t bit = x * bits;
        const unsigned index = in[bit / 8] >> (8 - bits - bit % 8) & ((1U << bits) - 1);
        std::copy_n(header_.palette[index].begin(), 3, out);
      } else if (bits == 24) {
        for (std::size_t c = 0; c < 3; ++c) out[c] = in[x * 3 + 2 - c];
      } else {
        const std::uint32_t pixel = *uint_at(in, x * bits / 8, bits / 8, ByteOrder::little);
        const unsigned alpha = header_.masks[3].bits != 0 ? header_.masks[3].of(pixel) : 255U;
        for (std::size_t c = 0; c < 3; ++c) out[c] = image::over_white(header_.masks[c].of(pixel), alpha);
      }
    }
  }

  /// Pixels that the data jump over have colour 0. The end mark must be there.
  void read_rle(std::span<const std::uint8_t> data, Image& image) const {
    const Colour ground = header_.palette[0];
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = ground[i % 3];

    std::size_t position = 0;
    const auto next = [&]() -> unsigned {
      if (position >= data.size()) fail("its pixels end without an end mark");
      return data[position++];
    };
    std::size_t x = 0;
    std::size_t y = 0;
    const auto put = [&](unsigned index) {
      if (x >= header_.width || y >= header_.height) fail("a run of pixels leaves the image");
      std::copy_n(header_.palette[index].begin(), 3, row_of(image, y) + x * 3);
      ++x;
    };
    const bool nibbles = header_.compression == kRle4;
    for (;;) {
      const unsigned count = next();
      const unsigned code = next();
      if (count > 0) {  // a run of one colour, or of two in turn
        for (unsigned i = 0; i < count; ++i) put(!nibbles ? code : i % 2 == 0 ? code >> 4 : code & 15);
      } else if (code == 0) {
        x = 0;
        ++y;
      } else if (code == 1) {
        return;
      } else if (code == 2) {
        x += next();
        y += next();
      } else {  // `code` pixels as they are, padded to two bytes
        unsigned byte = 0;
        for (unsigned i = 0; i < code; ++i) {
          if (!nibbles || i % 2 == 0) byte = next();
          put(!nibbles ? byte : i % 2 == 0 ? byte >> 4 : byte & 15);
        }
        if ((nibbles ? (code + 1) / 2 : code) % 2 != 0) next();
      }
    }
  }

  const Encoded& input_;
  Header header_;
};

}  // namespace

Image decode_bmp(const Encoded& input) { return BmpReader(input).read(); }

}  // namespace fovea::io
