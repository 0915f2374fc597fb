/// @file Caption data sets: images with the captions that people wrote.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fovea::text {

/// One image of a data set. The file is named, not opened.
struct CaptionExample {
  std::filesystem::path image;        ///< as in the file, made relative to the file's folder
  std::vector<std::string> captions;  ///< raw text, at least one
};

/// Reads a JSONL file with lines {"image": path, "captions": [text, ...]} in file order; other fields are ignored,
/// blank lines skipped. Paths are relative to the file.
/// @throws Error: io when the file cannot be read; corrupt, with file:line, when a line is not such an object, when an
///         image is named twice, or when the file has no example at all.
std::vector<CaptionExample> read_caption_data(const std::filesystem::path& path);

}  // namespace fovea::text
