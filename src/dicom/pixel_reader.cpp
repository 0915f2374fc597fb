#include "dicom/pixel_reader.hpp"

#include <string>
#include <utility>

#include "dicom/codecs.hpp"
#include "fovea/error.hpp"

namespace fovea::dicom {
namespace {

/// Bits that lie side by side, the lowest of a byte first, from bit `begin` on (PS3.5, section 8.2).
/// @param swapped 1: the bytes of each pair are swapped; 0: they are not
std::vector<std::uint8_t> unpack_bits(std::span<const std::uint8_t> bytes, std::size_t begin, std::size_t count,
                                      std::size_t swapped) {
  std::vector<std::uint8_t> values(count);
  std::size_t i = 0;
  const auto value = [&] {
    return static_cast<std::uint8_t>(bytes[(begin + i) / 8 ^ swapped] >> ((begin + i) % 8) & 1);
  };
  for (; i < count && (begin + i) % 8 != 0; ++i) values[i] = value();
  for (; i + 8 <= count; i += 8) {
    const unsigned byte = bytes[(begin + i) / 8 ^ swapped];
    for (unsigned bit = 0; bit < 8; ++bit) values[i + bit] = byte >> bit & 1;
  }
  for (; i < count; ++i) values[i] = value();
  return values;
}

void swap_bytes(std::vector<std::uint8_t>& values, std::size_t size) {
  for (std::size_t i = 0; i + size <= values.size(); i += size) {
    for (std::size_t a = 0, b = size - 1; a < b; ++a, --b) std::swap(values[i + a], values[i + b]);
  }
}

/// 24 bits to 32.
std::vector<std::uint8_t> widen(std::span<const std::uint8_t> values, bool is_signed) {
  std::vector<std::uint8_t> result;
  result.reserve(values.size() / 3 * 4);
  for (std::size_t i = 0; i + 3 <= values.size(); i += 3) {
    result.insert(result.end(), values.begin() + static_cast<std::ptrdiff_t>(i),
                  values.begin() + static_cast<std::ptrdiff_t>(i + 3));
    result.push_back(is_signed && values[i + 2] >= 0x80 ? 0xFF : 0);
  }
  return result;
}

/// Y1 Y2 Cb Cr of two pixels -> Y1 Cb Cr, Y2 Cb Cr (PS3.3, section C.7.6.3.1.2). `size`: bytes of a sample.
std::vector<std::uint8_t> upsample_422(std::span<const std::uint8_t> values, std::size_t size) {
  std::vector<std::uint8_t> result;
  result.reserve(values.size() / 2 * 3);
  const auto sample = [&](std::size_t index) {
    const auto part = values.subspan(index * size, size);
    result.insert(result.end(), part.begin(), part.end());
  };
  for (std::size_t i = 0; (i + 4) * size <= values.size(); i += 4) {
    for (const std::size_t y : {i, i + 1}) {
      sample(y);
      sample(i + 2);
      sample(i + 3);
    }
  }
  return result;
}

}  // namespace

std::vector<std::uint8_t> interleave(std::span<const std::uint8_t> planes, std::size_t samples, std::size_t size) {
  const auto pixels = planes.size() / (samples * size);
  std::vector<std::uint8_t> values(planes.size());
  for (std::size_t sample = 0; sample < samples; ++sample) {
    for (std::size_t i = 0; i < pixels; ++i) {
      for (std::size_t byte = 0; byte < size; ++byte) {
        values[(i * samples + sample) * size + byte] = planes[(sample * pixels + i) * size + byte];
      }
    }
  }
  return values;
}

void fail_frame(const CodedFrame& frame, const std::string& what) {
  throw Error(ErrorCode::corrupt, frame.name + ": damaged or truncated DICOM file: " + what);
}

namespace {

/// Bits of one frame that is not compressed.
std::size_t native_bits(const PixelModule& module) {
  const auto samples = module.photometric == Photometric::ybr_full_422 ? module.pixels() * 2 : module.values();
  return samples * static_cast<std::size_t>(module.bits_allocated);
}

/// Whether bytes lie in 16-bit words of big endian, which hold the first of two in their lower half.
bool bytes_in_swapped_pairs(const Dataset& file, const PixelModule& module) {
  return module.bits_allocated <= 8 && file.syntax().encoding.big_endian && file.pixels()->words;
}

}  // namespace

bool is_compressed(const Dataset& file) { return file.syntax().codec != Codec::native && file.pixels()->encapsulated; }

void check_native(const Dataset& file, const PixelModule& module) {
  const auto& pixels = *file.pixels();
  if (pixels.encapsulated) {
    throw Error(ErrorCode::corrupt, file.name() + ": damaged DICOM file: its pixel data are in fragments, but " +
                                        std::string(file.syntax().name) + " has none");
  }
  if (module.photometric == Photometric::ybr_full_422 && (module.columns % 2 != 0 || module.by_plane)) {
    throw Error(ErrorCode::corrupt, file.name() + ": damaged DICOM file: YBR_FULL_422 with " +
                                        std::to_string(module.columns) + " columns, expected an even number" +
                                        (module.by_plane ? ", and by plane" : ""));
  }
  auto expected = (native_bits(module) * static_cast<std::size_t>(module.frames) + 7) / 8;
  if (bytes_in_swapped_pairs(file, module)) expected += expected % 2;
  if (pixels.value.length < expected) {
    throw Error(ErrorCode::corrupt, file.name() + ": damaged or truncated DICOM file: its pixel data have " +
                                        std::to_string(pixels.value.length) + " bytes, expected " +
                                        std::to_string(expected));
  }
}

PixelReader::PixelReader(const Dataset& file, std::uint64_t max_pixels)
    : file_(file), module_(read_pixel_module(file, max_pixels)) {
  if (is_compressed(file)) {
    frames_ = group_fragments(file, module_.frames);
  } else {
    check_native(file, module_);
  }
}

std::vector<std::uint8_t> PixelReader::native(std::size_t frame) const {
  const auto all = file_.at(file_.pixels()->value);
  const auto bits = native_bits(module_);
  const std::size_t swapped = bytes_in_swapped_pairs(file_, module_) ? 1 : 0;
  if (module_.bits_allocated == 1) return unpack_bits(all, frame * bits, bits, swapped);
  const auto size = static_cast<std::size_t>(module_.bits_allocated / 8);
  const auto length = bits / 8;
  std::vector<std::uint8_t> values;
  if (swapped != 0) {
    values.resize(length);
    for (std::size_t i = 0; i < length; ++i) values[i] = all[(frame * length + i) ^ swapped];
  } else {
    const auto part = all.subspan(frame * length, length);
    values.assign(part.begin(), part.end());
    if (file_.syntax().encoding.big_endian && size > 1) swap_bytes(values, size);
  }
  if (module_.photometric == Photometric::ybr_full_422) return upsample_422(values, size);
  if (module_.by_plane) values = interleave(values, static_cast<std::size_t>(module_.samples), size);
  return size == 3 ? widen(values, module_.is_signed) : values;
}

std::vector<std::uint8_t> PixelReader::decoded(std::size_t frame) const {
  const auto& fragments = frames_[frame];
  const auto joined = fragments.size() > 1 ? join(file_, fragments) : std::vector<std::uint8_t>();
  const CodedFrame coded{
      .bytes = fragments.size() > 1 ? std::span<const std::uint8_t>(joined) : file_.at(fragments.front()),
      .module = module_,
      .syntax = file_.syntax(),
      .name = file_.name()};
  switch (file_.syntax().codec) {
    case Codec::rle:
      return decode_rle(coded);
    case Codec::jpeg:
      return decode_jpeg(coded);
    case Codec::jpeg_ls:
      return decode_jpeg_ls(coded);
    case Codec::jpeg_2000:
      return decode_jpeg_2000(coded);
    case Codec::native:
      break;
  }
  throw Error(ErrorCode::internal, "pixel data in fragments without a codec");
}

StoredFrame PixelReader::read(int frame) const {
  if (frame < 0 || frame >= module_.frames) {
    throw Error(ErrorCode::usage, file_.name() + ": frame " + std::to_string(frame + 1) +
                                      " was asked for, but it has " + std::to_string(module_.frames));
  }
  const auto index = static_cast<std::size_t>(frame);
  return {.module = module_, .values = frames_.empty() ? native(index) : decoded(index)};
}

}  // namespace fovea::dicom
