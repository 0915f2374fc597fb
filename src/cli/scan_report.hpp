/// @file What `fovea info` tells about scans.
#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

namespace fovea::cli {

/// A DICOM file, without patient data.
nlohmann::ordered_json scan_report(const std::filesystem::path& path);

/// The series of a folder or a DICOMDIR.
nlohmann::ordered_json series_report(const std::filesystem::path& path);

}  // namespace fovea::cli
