/// @file What the attributes say about the pixels (PS3.3, section C.7.6.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dicom/dataset.hpp"

namespace fovea::dicom {

enum class Photometric { monochrome1, monochrome2, palette, rgb, ybr_full, ybr_full_422 };

/// Type of a stored value.
enum class SampleType { u8, i8, u16, i16, u32, i32, f32, f64 };

std::size_t size_of(SampleType type) noexcept;

struct PixelModule {
  int rows = 0;
  int columns = 0;
  int samples = 1;  ///< per pixel: 1 or 3
  int frames = 1;
  int bits_allocated = 0;  ///< 1, 8, 16, 24 or 32; 32 or 64 of floating point
  int bits_stored = 0;
  bool is_signed = false;
  bool by_plane = false;  ///< all R, then all G, then all B
  Photometric photometric = Photometric::monochrome2;
  SampleType type = SampleType::u8;  ///< of a stored value in memory: of 1 bit u8, of 24 bits u32 or i32

  std::size_t pixels() const noexcept { return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns); }
  std::size_t values() const noexcept { return pixels() * static_cast<std::size_t>(samples); }
};

/// @throws Error: corrupt for attributes that are missing or contradict each other, unsupported for kinds of pixels
/// that Fovea does not read and for frames of more than `max_pixels`; in every case before pixels are allocated.
PixelModule read_pixel_module(const Dataset& file, std::uint64_t max_pixels);

/// The values of one frame: rows from the top, pixel by pixel, little endian.
struct StoredFrame {
  PixelModule module;
  std::vector<std::uint8_t> values;  ///< module.values() of module.type
};

}  // namespace fovea::dicom
