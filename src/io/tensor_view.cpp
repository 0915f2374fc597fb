#include "io/tensor_view.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace fovea::io {
namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<DTypeRow, 13> kDTypes{{{DType::boolean, "BOOL", 1},
                                            {DType::u8, "U8", 1},
                                            {DType::i8, "I8", 1},
                                            {DType::u16, "U16", 2},
                                            {DType::i16, "I16", 2},
                                            {DType::u32, "U32", 4},
                                            {DType::i32, "I32", 4},
                                            {DType::u64, "U64", 8},
                                            {DType::i64, "I64", 8},
                                            {DType::f16, "F16", 2},
                                            {DType::bf16, "BF16", 2},
                                            {DType::f32, "F32", 4},
                                            {DType::f64, "F64", 8}}};

const DTypeRow& row_of(DType dtype) noexcept {
  return *std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DTypeRow& row) { return row.dtype == dtype; });
}

}  // namespace

std::size_t size_of(DType dtype) noexcept { return row_of(dtype).bytes; }

std::string to_string(DType dtype) { return std::string(row_of(dtype).name); }

std::optional<DType> dtype_named(std::string_view name) noexcept {
  const auto row = std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DTypeRow& r) { return r.name == name; });
  return row == kDTypes.end() ? std::nullopt : std::optional(row->dtype);
}

std::string all_dtype_names() {
  std::string names;
  for (const DTypeRow& row : kDTypes) {
    if (!names.empty()) names += row.dtype == kDTypes.back().dtype ? " and " : ", ";
    names += row.name;
  }
  return names;
}

std::optional<std::uint64_t> byte_count(DType dtype, std::span<const std::int64_t> shape) noexcept {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t side) { return side < 0; })) return std::nullopt;
  // A side of 0 does not excuse the others: their product is what a reader may compute first.
  std::uint64_t bytes = size_of(dtype);
  bool empty = false;
  for (const std::int64_t side : shape) {
    empty = empty || side == 0;
    const auto factor = static_cast<std::uint64_t>(side == 0 ? 1 : side);
    if (bytes > kMost / factor) return std::nullopt;
    bytes *= factor;
  }
  return empty ? 0 : bytes;
}

}  // namespace fovea::io
