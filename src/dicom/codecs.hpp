/// @file The decoders of compressed frames.
///
/// All of them: compare the size in the stream with the module's before they allocate pixels, return the values as
/// StoredFrame holds them, and refuse what is damaged, cut or of another kind than the module says.
/// @throws Error: corrupt, unsupported.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dicom/pixel_module.hpp"

namespace fovea::dicom {

/// One frame, compressed.
struct CodedFrame {
  std::span<const std::uint8_t> bytes;
  const PixelModule& module;
  const TransferSyntax& syntax;
  const std::string& name;  ///< of the file, for messages
};

/// PS3.5, annex G; the segments by DCMTK.
std::vector<std::uint8_t> decode_rle(const CodedFrame& frame);
/// ISO 10918-1, all processes that DICOM names, 8 to 16 bits, by DCMTK; YBR stays YBR.
std::vector<std::uint8_t> decode_jpeg(const CodedFrame& frame);
/// ISO 14495-1, by CharLS.
std::vector<std::uint8_t> decode_jpeg_ls(const CodedFrame& frame);
/// ISO 15444-1 and -15 (HTJ2K), boxed or not, by OpenJPEG; its own colour transform is undone.
std::vector<std::uint8_t> decode_jpeg_2000(const CodedFrame& frame);

/// Moves planes of samples into pixels: all R, all G, all B -> R, G, B of each pixel. `size`: bytes of a sample.
std::vector<std::uint8_t> interleave(std::span<const std::uint8_t> planes, std::size_t samples, std::size_t size);

[[noreturn]] void fail_frame(const CodedFrame& frame, const std::string& what);

}  // namespace fovea::dicom
