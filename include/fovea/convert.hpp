/// @file Images and DICOM files converted to files that every tool reads.
#pragma once

#include <filesystem>

#include "fovea/loader.hpp"

namespace fovea {

/// What convert() writes.
struct ConvertOptions {
  int frame = 1;            ///< which one, from 1
  bool all_frames = false;  ///< each into a file of its own: NAME-0001.png and so on; not with `raw`
  bool raw = false;         ///< DICOM: the stored values of all frames, as .npy
  bool rgb = false;         ///< with `raw`: YBR brought to RGB
  LoadOptions load{};
};

/// Writes frames as they are shown to `output`, a .png file (8 bits, grey or RGB). With `raw`, writes the stored values
/// of a DICOM file to `output`, a .npy file of [frames, rows, columns, samples] in little endian, without the
/// dimensions for frames and samples where there is only one; 1-bit values as bytes, 24-bit ones as 32.
/// @throws Error: usage (options that exclude each other, another ending of `output`, `raw` of an image that is no
/// DICOM), io, and the errors of open_frames() and FrameReader::read().
void convert(const std::filesystem::path& input, const std::filesystem::path& output,
             const ConvertOptions& options = {});

}  // namespace fovea
