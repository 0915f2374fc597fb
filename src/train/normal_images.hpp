/// @file The normal images of a data set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "text/scan_data.hpp"

namespace fovea::train {

/// Normal images in memory, squashed to the model's input.
struct NormalImages {
  std::vector<text::ScanExample> examples;  ///< one per image; frames of one file are several
  at::Tensor pixels;                        ///< uint8 [N, S, S, 3]
  int ignored = 0;                          ///< images of the data set with something marked or another label
  int skipped = 0;                          ///< files of a folder that are no images
};

/// Reads a folder (all files below it in the order of their names, hidden ones left out, all frames of each) or a JSONL
/// file of scans, of which an image is normal when nothing is marked in it and its label is `normal` or missing.
/// @param go_on called after each file with how many are done, of how many; false ends the reading:
///        then nothing is returned
/// @throws Error: usage (no normal image), io, corrupt (a damaged image or mask).
NormalImages read_normal_images(const std::filesystem::path& data, const std::string& normal, std::int64_t input_size,
                                const std::function<bool(std::int64_t done, std::int64_t total)>& go_on);

}  // namespace fovea::train
