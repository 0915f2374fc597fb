/// @file Integers at a place in foreign bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace fovea::io {

enum class ByteOrder { little, big };

/// The unsigned integer of `size` bytes (1 to 4) at `offset`; nothing when the bytes end before it does.
inline std::optional<std::uint32_t> uint_at(std::span<const std::uint8_t> bytes, std::size_t offset, std::size_t size,
                                            ByteOrder order) {
  if (offset > bytes.size() || bytes.size() - offset < size) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = value << 8 | bytes[offset + (order == ByteOrder::big ? i : size - 1 - i)];
  }
  return value;
}

}  // namespace fovea::io
