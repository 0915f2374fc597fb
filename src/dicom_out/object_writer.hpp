/// @file Objects as files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>

#include "dicom_out/result.hpp"

namespace fovea::dicom_out {

/// Pixel data that are made while they are written: the last element of an object.
struct PixelData {
  std::uint16_t element = 0x0010;  ///< of group 7FE0
  const char* vr = "OB";
  std::uint64_t bytes = 0;                     ///< an odd one is padded
  std::function<void(std::ostream&)> write{};  ///< writes `bytes`, little endian
};

/// Writes an object in explicit VR little endian, de-identified first where the run asks for it. The file appears under
/// its name only when it is complete.
/// @throws Error: io, unsupported (more than 4 GiB of pixel data), and what `pixels.write` throws.
void write_object(const std::filesystem::path& path, DcmDataset& object, const ResultContext& run,
                  const PixelData* pixels = nullptr);

}  // namespace fovea::dicom_out
