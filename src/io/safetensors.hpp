/// @file The safetensors format: an 8-byte little-endian header length, a JSON header, then the tensors' bytes.
/// https://github.com/huggingface/safetensors (format section of its README).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "io/file_bytes.hpp"
#include "io/tensor_view.hpp"

namespace fovea::io {

/// A file that is mapped into memory and checked as a whole when it is opened. Its tensors may outlive it.
class SafetensorsFile {
 public:
  /// @throws Error: io (cannot open), corrupt (header or offsets inconsistent), unsupported (dtype).
  explicit SafetensorsFile(const std::filesystem::path& path);
  explicit SafetensorsFile(const FileBytes& file);

  const std::map<std::string, TensorView>& tensors() const noexcept { return tensors_; }
  const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }

 private:
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Writes tensors in name order; the file appears under its name only when it is complete.
/// @throws Error: io.
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace fovea::io
