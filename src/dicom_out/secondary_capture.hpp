/// @file Pictures as Secondary Capture images (PS3.3, section A.8), which every viewer shows.
#pragma once

#include <filesystem>

#include "dicom_out/result.hpp"
#include "fovea/image.hpp"

namespace fovea::dicom_out {

/// Writes a picture of a result, an overlay say, as an RGB image. `source_pixels`: its pixels are as large as the
/// source's, which is said in mm where the source says it.
/// @throws Error: usage (an empty picture, or one of more than 65535 rows or columns), io.
void write_secondary_capture(const std::filesystem::path& path, const FrameResult& result, const Image& picture,
                             bool source_pixels, const ResultContext& run);

}  // namespace fovea::dicom_out
