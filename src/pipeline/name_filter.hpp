/// @file Which files of a folder are wanted.
#pragma once

#include <string>
#include <vector>

namespace fovea::pipeline {

/// Globs over names: `*` any characters (slashes too), `?` one character, `[a-z]` and `[!a-z]` one of a set. A pattern
/// is held against the path below the input folder and against the last part of it.
struct NameFilter {
  std::vector<std::string> include;  ///< empty: everything
  std::vector<std::string> exclude;  ///< wins over include; a folder that it matches is not entered

  /// Whether the file `relative` (path below its input folder, or a file's own name) is wanted.
  bool admits(const std::string& relative) const;
  /// Whether the folder `relative` is to be walked.
  bool enters(const std::string& relative) const;
};

/// Whether a file in a folder is taken for an image, by the extension of its name (in any case).
bool has_image_extension(const std::string& name);

/// Whether that extension is one of DICOM files.
bool has_dicom_extension(const std::string& name);

/// Whether a name has no extension: DICOM files often have none, or a UID as their name, which ends with a number.
bool lacks_extension(const std::string& name);

}  // namespace fovea::pipeline
