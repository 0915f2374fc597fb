/// @file The attributes of a DICOM file, without its pixels.
#pragma once

#include <filesystem>
#include <memory>

#include "dicom/dataset.hpp"

namespace fovea::dicom {

/// Reads as much of a file as its attributes take: of most files some kilobytes, of none more than 256 MiB. The pixel
/// data must not be read from it; whether they are complete is not looked at, beyond the length that native ones state.
/// @throws Error: io, corrupt, unsupported (no DICOM file, transfer syntax, limit).
std::unique_ptr<Dataset> read_head(const std::filesystem::path& path, std::size_t max_inflated);

}  // namespace fovea::dicom
