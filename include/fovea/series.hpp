/// @file Slices that belong together, and file-sets.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "fovea/loader.hpp"
#include "fovea/scan.hpp"

namespace fovea {

/// A frame of a DICOM file.
struct Slice {
  std::filesystem::path path;
  int frame = 1;  ///< from 1
  Scan scan;
  /// mm along the normal of its series, when that is in the order of positions.
  std::optional<double> location{};
};

/// Slices of one series, frame of reference, size, spacing and orientation: those of a localizer are a Series of their
/// own. All have the UIDs of the first one, but the SOP instance.
struct Series {
  /// In the order of their positions along the normal, those at the same position by instance number; when any has no
  /// position, by instance number, acquisition and path.
  std::vector<Slice> slices;
  /// mm between neighbouring slices, when they make a volume: at least two, one above the other at equal distances.
  std::optional<double> slice_spacing{};
  /// For people: positions that several slices have, gaps, slices that lie askew or have no positions.
  std::vector<std::string> notices{};
};

struct SeriesList {
  std::vector<Series> series;          ///< in the order of the first file of each
  std::vector<std::string> notices{};  ///< for people: files that were left out, and why
};

/// Sorts files into series by their attributes; pixels are neither read nor decoded. Left out with a notice: what is
/// damaged or cannot be read, is no DICOM image or has the SOP instance UID of a file before it.
/// @param stop ends the search early, with what was found
SeriesList group_series(std::span<const std::filesystem::path> files, const LoadOptions& options = {},
                        const std::stop_token& stop = {});

/// The same of the DICOM files of folders, all levels: by extension, or without one by the mark of DICOM. `inputs` may
/// also name files and DICOMDIRs. Files of other kinds are passed over.
SeriesList find_series(std::span<const std::filesystem::path> inputs, const LoadOptions& options = {},
                       const std::stop_token& stop = {});

/// What a DICOMDIR names.
struct FileSet {
  std::vector<std::filesystem::path> files;  ///< images that are there, in the order of their records
  std::vector<std::string> notices{};        ///< for people: files that are missing or were refused
};

/// The images of a file-set (PS3.3, annex F). What lies outside of the folder of `dicomdir`, by its name or through a
/// symbolic link, is refused. Names are found in lower case too, as some systems show a disc.
/// @throws Error: io, corrupt, unsupported (no DICOMDIR).
FileSet read_dicomdir(const std::filesystem::path& dicomdir);

/// Whether the name of a file is that of a file-set's directory, "DICOMDIR" in any case.
bool is_dicomdir(const std::filesystem::path& path);

/// Whether a file has the mark of DICOM behind a preamble; false when it cannot be read.
bool is_dicom_file(const std::filesystem::path& path) noexcept;

}  // namespace fovea
