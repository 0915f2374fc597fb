/// @file The index of weights that are split over several files (model.safetensors.index.json).
#pragma once

#include <map>
#include <string>

#include "io/file_bytes.hpp"

namespace fovea::io {

/// Which file each tensor is in: names of files in the folder of the index.
/// @throws Error: corrupt, unsupported (over 16 MB).
std::map<std::string, std::string> read_weights_index(const FileBytes& file);

}  // namespace fovea::io
