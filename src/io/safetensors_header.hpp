/// @file The JSON header of a safetensors file.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "io/file_bytes.hpp"
#include "io/tensor_view.hpp"

namespace fovea::io {

struct SafetensorsHeader {
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a header as it goes by, so that it takes no more memory than what it describes.
/// @param file which it is the header of: whose name messages bear, and which owns the tensors
/// @param data the bytes behind the header
/// @throws Error: corrupt, unsupported (dtype).
SafetensorsHeader read_safetensors_header(const FileBytes& file, std::string_view header,
                                          std::span<const std::byte> data);

}  // namespace fovea::io
