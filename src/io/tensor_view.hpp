/// @file A tensor as weights files hold it: a type, a shape, and bytes that stay where they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::io {

/// Storage types that Fovea reads and writes. A boolean is one byte, 0 or 1; what a file holds is not checked.
enum class DType { boolean, u8, i8, u16, i16, u32, i32, u64, i64, f16, bf16, f32, f64 };

std::size_t size_of(DType dtype) noexcept;  ///< bytes of one value

/// Names as safetensors has them: "F32", "BOOL", ...
std::string to_string(DType dtype);
std::optional<DType> dtype_named(std::string_view name) noexcept;
std::string all_dtype_names();  ///< "BOOL, U8, ... and F64", for messages

/// Sides of one tensor, so that a file cannot ask for any number of them.
constexpr std::size_t kMaxRank = 16;

/// The bytes that a tensor of this shape takes; nothing when a side is negative or they pass 2^63.
std::optional<std::uint64_t> byte_count(DType dtype, std::span<const std::int64_t> shape) noexcept;

/// One tensor: row-major without gaps, little endian.
struct TensorView {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
  /// Keeps `bytes` where they are: who uses them after what gave this view is gone, keeps a copy of it. Null where the
  /// bytes are the caller's own.
  std::shared_ptr<const void> owner = nullptr;
  bool is_mapped = false;  ///< as FileBytes::is_mapped

  /// Whether the bytes begin at a multiple of the type's size. Where not (safetensors promises nothing), copy them
  /// before you read them as values.
  bool is_aligned() const noexcept { return reinterpret_cast<std::uintptr_t>(bytes.data()) % size_of(dtype) == 0; }
};

}  // namespace fovea::io
