/// @file Stored values of whole files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "fovea/loader.hpp"

namespace fovea::dicom {

/// Writes the stored values of all frames as a .npy file, frame by frame; see fovea::convert().
/// @throws Error: usage when the bytes are no DICOM file, corrupt, unsupported, io.
void write_stored_values(const Bytes& bytes, const std::string& name, const LoadOptions& options, bool rgb,
                         const std::filesystem::path& output);

}  // namespace fovea::dicom
