#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcrledec.h>

#include "dicom/codecs.hpp"
#include "fovea/error.hpp"
#include "io/byte_order.hpp"

namespace fovea::dicom {
namespace {

constexpr std::size_t kHeader = 64, kMaxSegments = 15;

/// One byte of every pixel: the bytes of `frame` from `begin` to `end`, to `size` bytes.
void decode_segment(const CodedFrame& frame, std::size_t begin, std::size_t end, std::span<std::uint8_t> out) {
  DcmRLEDecoder decoder(out.size());
  auto* coded = const_cast<std::uint8_t*>(frame.bytes.data()) + begin;
  // It fails when the segment's padding byte follows a full buffer, which is no mistake.
  decoder.decompress(coded, end - begin);
  if (decoder.size() != out.size()) {
    fail_frame(frame, "an RLE segment gives " + std::to_string(decoder.size()) + " bytes, expected " +
                          std::to_string(out.size()));
  }
  const auto* decoded = static_cast<const std::uint8_t*>(decoder.getOutputBuffer());
  std::copy(decoded, decoded + out.size(), out.begin());
}

}  // namespace

std::vector<std::uint8_t> decode_rle(const CodedFrame& frame) {
  const auto& module = frame.module;
  const bool one_bit = module.bits_allocated == 1;
  const auto size = size_of(module.type);                                           // of a value in memory
  const auto coded_size = static_cast<std::size_t>(module.bits_allocated + 7) / 8;  // in the segments
  const auto samples = static_cast<std::size_t>(module.samples);
  const auto segments = io::uint_at(frame.bytes, 0, 4, io::ByteOrder::little).value_or(0);
  if (frame.bytes.size() < kHeader || segments > kMaxSegments || segments != samples * coded_size) {
    fail_frame(frame, "its RLE header has " + std::to_string(segments) + " segments, expected " +
                          std::to_string(samples * coded_size));
  }
  const auto offset = [&](std::size_t segment) -> std::size_t {
    return segment == segments ? frame.bytes.size()
                               : *io::uint_at(frame.bytes, 4 + 4 * segment, 4, io::ByteOrder::little);
  };
  std::vector<std::uint8_t> values(module.values() * size);
  std::vector<std::uint8_t> plane(one_bit ? (module.pixels() + 7) / 8 : module.pixels());
  for (std::size_t segment = 0; segment < segments; ++segment) {
    const auto begin = offset(segment), end = offset(segment + 1);
    if (begin < kHeader || begin >= end || end > frame.bytes.size()) {
      fail_frame(frame, "RLE segment " + std::to_string(segment + 1) + " lies outside of the frame");
    }
    decode_segment(frame, begin, end, plane);
    if (one_bit) {
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = plane[i / 8] >> (i % 8) & 1;
      continue;
    }
    // Segments go sample by sample, in each from the highest byte to the lowest.
    const auto sample = segment / coded_size, byte = coded_size - 1 - segment % coded_size;
    for (std::size_t i = 0; i < plane.size(); ++i) values[(i * samples + sample) * size + byte] = plane[i];
  }
  return values;
}

}  // namespace fovea::dicom
