/// @file A DICOM file in short.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fovea/dicom.hpp"
#include "fovea/loader.hpp"
#include "fovea/scan.hpp"

namespace fovea {

/// What matters of a DICOM file to someone who wants to process it; nothing of it tells who the patient is, beside the
/// UIDs. Texts are empty and numbers 0 where the file does not say.
struct ScanInfo {
  Scan scan;                        ///< with the geometry of the first frame
  std::string transfer_syntax_uid;  ///< guessed when the file has no meta header that says it
  std::string transfer_syntax;      ///< its name
  std::string sop_class;            ///< its name, such as "CTImageStorage"
  bool has_pixels = false;          ///< false: a report, a plan or another object without an image
  std::string photometric{};        ///< Photometric Interpretation, such as "MONOCHROME2"
  int samples = 0;                  ///< per pixel
  int bits_allocated = 0;
  int bits_stored = 0;
  std::optional<bool> is_signed{};
  std::vector<Window> windows{};             ///< of the data set or the first frame
  std::optional<bool> lossy{};               ///< whether it was ever compressed with loss, by Lossy Image Compression
  std::vector<double> lossy_ratios{};        ///< of each time
  std::vector<std::string> lossy_methods{};  ///< of each time, such as "ISO_10918_1"
};

/// Reads a file's attributes; pixels are neither read nor decoded.
/// @throws Error: io, corrupt, unsupported (no DICOM file, a transfer syntax that Fovea does not read).
ScanInfo describe_scan(const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace fovea
