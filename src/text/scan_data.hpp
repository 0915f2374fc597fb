/// @file Data sets of scans: images with the masks of what is abnormal in them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fovea::text {

/// One image of a data set. The files are named, not opened.
struct ScanExample {
  std::filesystem::path image;  ///< as in the file, made relative to the file's folder
  std::filesystem::path mask;   ///< likewise; empty: nothing is marked
  std::string label;            ///< of the whole image; empty: it has none
  std::string group;            ///< images of one group belong together (one patient); empty: the image is alone
};

/// Reads a JSONL file with lines {"image": path, "mask": path, "label": text, "group": text}, of which only "image"
/// must be there; other fields are ignored. Paths are relative to the file.
/// @throws Error: as for_each_line().
std::vector<ScanExample> read_scan_data(const std::filesystem::path& path);

}  // namespace fovea::text
