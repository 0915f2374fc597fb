// PNM is a header of a few numbers and rows of samples; a library for it (OpenCV's imgcodecs, 160 libraries) costs more
// than it does.
#include <cctype>
#include <string>

#include "image/colour.hpp"
#include "io/decoders.hpp"

namespace fovea::io {
namespace {

/// Numbers in ASCII, separated by white space and comments.
class Scanner {
 public:
  Scanner(const Encoded& input, std::size_t position) : input_(input), position_(position) {}

  std::uint32_t number() {
    skip_space();
    constexpr std::uint32_t kMax = 0x7FFFFFFF;
    std::uint64_t value = 0;
    const std::size_t begin = position_;
    for (; position_ < input_.bytes.size() && std::isdigit(input_.bytes[position_]) != 0; ++position_) {
      value = value * 10 + (input_.bytes[position_] - '0');
      if (value > kMax) fail("a number is too large");
    }
    if (position_ == begin) fail(at_end() ? "the data end early" : "a number was expected");
    return static_cast<std::uint32_t>(value);
  }

  /// One digit, as plain PBM needs no space between them.
  std::uint32_t bit() {
    skip_space();
    if (at_end()) fail("the data end early");
    const std::uint8_t digit = input_.bytes[position_++];
    if (digit != '0' && digit != '1') fail("0 or 1 was expected");
    return digit - '0';
  }

  /// What follows the header: one white space, then the samples.
  std::span<const std::uint8_t> raw_samples() {
    if (at_end() || std::isspace(input_.bytes[position_]) == 0) fail("a space was expected behind the header");
    return input_.bytes.subspan(position_ + 1);
  }

  std::size_t rest() const { return input_.bytes.size() - position_; }

  [[noreturn]] void fail(const std::string& what) const { throw_corrupt(input_.name, Format::pnm, what); }

 private:
  bool at_end() const { return position_ >= input_.bytes.size(); }

  void skip_space() {
    for (; !at_end(); ++position_) {
      if (input_.bytes[position_] == '#') {
        while (!at_end() && input_.bytes[position_] != '\n') ++position_;
        if (at_end()) return;
      } else if (std::isspace(input_.bytes[position_]) == 0) {
        return;
      }
    }
  }

  const Encoded& input_;
  std::size_t position_;
};

struct Header {
  std::size_t width;
  std::size_t height;
  std::uint32_t maximum;  // of a sample
  std::size_t channels;   // 1 or 3
  bool bitmap;            // 1 bit a sample, 1 is black
  bool plain;             // in ASCII
};

/// Bytes that the samples take at least.
std::size_t least_bytes(const Header& header) {
  const std::size_t samples = header.width * header.channels;
  if (header.plain) return header.height * samples;
  if (header.bitmap) return header.height * ((samples + 7) / 8);
  return header.height * samples * (header.maximum > 255 ? 2 : 1);
}

void set_pixel(std::uint8_t* pixel, const std::uint8_t* samples, std::size_t channels) {
  for (std::size_t c = 0; c < 3; ++c) pixel[c] = samples[channels == 3 ? c : 0];
}

void read_plain(Scanner& scanner, const Header& header, Image& image) {
  std::uint8_t samples[3] = {};
  for (std::size_t i = 0; i < header.width * header.height; ++i) {
    for (std::size_t c = 0; c < header.channels; ++c) {
      if (header.bitmap) {
        samples[c] = scanner.bit() != 0 ? 0 : 255;
        continue;
      }
      const std::uint32_t value = scanner.number();
      if (value > header.maximum) scanner.fail("a sample is larger than the maximum in the header");
      samples[c] = image::scale_to_byte(value, header.maximum);
    }
    set_pixel(image.pixels.data() + i * 3, samples, header.channels);
  }
}

void read_bitmap(std::span<const std::uint8_t> data, const Header& header, Image& image) {
  const std::size_t pitch = (header.width + 7) / 8;
  for (std::size_t y = 0; y < header.height; ++y) {
    for (std::size_t x = 0; x < header.width; ++x) {
      const std::uint8_t sample = (data[y * pitch + x / 8] >> (7 - x % 8) & 1) != 0 ? 0 : 255;
      set_pixel(image.pixels.data() + (y * header.width + x) * 3, &sample, 1);
    }
  }
}

void read_samples(std::span<const std::uint8_t> data, const Header& header, Image& image) {
  const std::size_t bytes = header.maximum > 255 ? 2 : 1;  // the higher one first
  std::uint8_t samples[3] = {};
  std::size_t offset = 0;
  for (std::size_t i = 0; i < header.width * header.height; ++i) {
    for (std::size_t c = 0; c < header.channels; ++c, offset += bytes) {
      const unsigned value = bytes == 2 ? data[offset] << 8 | data[offset + 1] : data[offset];
      samples[c] = image::scale_to_byte(value, header.maximum);
    }
    set_pixel(image.pixels.data() + i * 3, samples, header.channels);
  }
}

}  // namespace

Image decode_pnm(const Encoded& input) {
  const int kind = input.bytes[1] - '0';  // sniff() has seen P1 to P6
  Scanner scanner(input, 2);
  Header header{};
  header.plain = kind <= 3;
  header.bitmap = kind == 1 || kind == 4;
  header.channels = kind == 3 || kind == 6 ? 3 : 1;
  header.width = scanner.number();
  header.height = scanner.number();
  header.maximum = header.bitmap ? 1 : scanner.number();
  if (header.maximum < 1 || header.maximum > 65535) {
    scanner.fail("the maximum is " + std::to_string(header.maximum) + ", expected 1 to 65535");
  }
  check_dimensions(input.name, Format::pnm, header.width, header.height, input.options.max_pixels);
  const std::span<const std::uint8_t> data = header.plain ? input.bytes.last(scanner.rest()) : scanner.raw_samples();
  if (data.size() < least_bytes(header)) {
    scanner.fail("its pixels take at least " + std::to_string(least_bytes(header)) + " bytes, and " +
                 std::to_string(data.size()) + " are there");
  }
  Image image = blank_image(header.width, header.height);
  if (header.plain) {
    read_plain(scanner, header, image);
  } else if (header.bitmap) {
    read_bitmap(data, header, image);
  } else {
    read_samples(data, header, image);
  }
  return image;
}

}  // namespace fovea::io
