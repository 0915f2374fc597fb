/// @file Stored values of the frames of a DICOM file.
#pragma once

#include <cstdint>
#include <vector>

#include "dicom/dataset.hpp"
#include "dicom/frames.hpp"
#include "dicom/pixel_module.hpp"

namespace fovea::dicom {

/// Whether the pixel data are in fragments. Some files say that they are compressed and are not.
bool is_compressed(const Dataset& file);

/// Checks that pixel data that are not compressed are as long as the attributes say.
/// @throws Error: corrupt.
void check_native(const Dataset& file, const PixelModule& module);

class PixelReader {
 public:
  /// Checks that the pixel data are as long as the attributes say.
  /// @throws Error: corrupt, unsupported; see read_pixel_module(). `file` must outlive the reader.
  PixelReader(const Dataset& file, std::uint64_t max_pixels);

  const PixelModule& module() const noexcept { return module_; }

  /// The values of frame `frame`, from 0, pixel by pixel, as they are stored: YBR stays YBR (4:2:2 is brought to
  /// 4:4:4), a palette's indices stay indices; bits above Bits Stored are what the file holds there.
  StoredFrame read(int frame) const;

 private:
  std::vector<std::uint8_t> native(std::size_t frame) const;
  std::vector<std::uint8_t> decoded(std::size_t frame) const;

  const Dataset& file_;
  PixelModule module_;
  std::vector<std::vector<Extent>> frames_;  ///< encapsulated: the fragments of each
};

}  // namespace fovea::dicom
