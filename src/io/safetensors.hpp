/// @file The safetensors format: an 8-byte little-endian header length, a JSON header, then the tensors' bytes.
/// https://github.com/huggingface/safetensors (format section of its README).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fovea::io {

/// Storage types that Fovea reads and writes.
enum class DType { u8, i32, i64, f16, bf16, f32, f64 };

std::size_t size_of(DType dtype) noexcept;
std::string to_string(DType dtype);

/// One tensor of a mapped file: row-major, little endian. Lives as long as its SafetensorsFile.
struct TensorView {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// A file that is mapped into memory and checked as a whole when it is opened.
class SafetensorsFile {
 public:
  /// @throws Error: io (cannot open), corrupt (header or offsets inconsistent), unsupported (dtype).
  explicit SafetensorsFile(const std::filesystem::path& path);

  const std::map<std::string, TensorView>& tensors() const noexcept { return tensors_; }
  const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }

 private:
  std::shared_ptr<const std::byte> map_;
  std::map<std::string, TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Writes tensors in name order; the file appears under its name only when it is complete.
/// @throws Error: io.
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace fovea::io
