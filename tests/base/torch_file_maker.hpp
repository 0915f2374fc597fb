/// @file Files as torch.save writes them, and files that are wrong on purpose.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/file_bytes.hpp"

namespace fovea::test {

/// A little-endian number.
inline std::string number(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i, value >>= 8U) bytes += static_cast<char>(value & 255);
  return bytes;
}

inline void append(std::string& bytes, std::initializer_list<std::string_view> parts) {
  for (const auto part : parts) bytes += part;
}

/// Bytes in memory as a file.
inline io::FileBytes in_memory(std::string text, std::string name = "test.pth") {
  const auto owner = std::make_shared<const std::string>(std::move(text));
  return {.name = std::move(name), .bytes = std::as_bytes(std::span(*owner)), .owner = owner};
}

/// One entry of a zip archive; what is not said is as it should be.
struct ZipPart {
  std::string name;
  std::string bytes;
  std::uint64_t flags = 0;
  std::uint64_t method = 0;
  std::optional<std::string> local_name = std::nullopt;
  std::optional<std::uint64_t> local_size = std::nullopt;
  std::optional<std::uint64_t> size = std::nullopt;         ///< of the table
  std::optional<std::uint64_t> stored_size = std::nullopt;  ///< of the table
  std::optional<std::uint64_t> offset = std::nullopt;       ///< of the table
  bool zip64 = false;                                       ///< puts sizes and offset into the zip64 fields
};

/// The end of a zip archive; what is not said is as it should be.
struct ZipEnd {
  std::optional<std::uint64_t> offset = std::nullopt;
  std::optional<std::uint64_t> size = std::nullopt;
  std::optional<std::uint64_t> entries = std::nullopt;
  std::uint64_t disk = 0;
  bool zip64 = false;
  std::optional<std::uint64_t> end64_offset = std::nullopt;
  std::string comment = "";
};

inline std::string make_zip(const std::vector<ZipPart>& parts, const ZipEnd& end = {}) {
  constexpr std::uint64_t kIn64 = 0xFFFFFFFF;
  std::string file;
  std::string table;
  for (const auto& part : parts) {
    const auto at = part.offset.value_or(file.size());
    const auto local_size = part.local_size.value_or(part.bytes.size());
    const auto size = part.size.value_or(part.bytes.size());
    const auto stored_size = part.stored_size.value_or(size);
    const auto local_name = part.local_name.value_or(part.name);
    const std::string local64 =
        part.zip64 ? number(1, 2) + number(16, 2) + number(local_size, 8) + number(local_size, 8) : "";
    const std::string table64 =
        part.zip64 ? number(1, 2) + number(24, 2) + number(size, 8) + number(stored_size, 8) + number(at, 8) : "";
    const auto or64 = [&](std::uint64_t value) { return number(part.zip64 ? kIn64 : value, 4); };
    append(file, {"PK\x03\x04", number(20, 2), number(part.flags, 2), number(part.method, 2), number(0, 8),
                  or64(local_size), or64(local_size), number(local_name.size(), 2), number(local64.size(), 2),
                  local_name, local64, part.bytes});
    append(table, {"PK\x01\x02", number(20, 2), number(20, 2), number(part.flags, 2), number(part.method, 2),
                   number(0, 8), or64(stored_size), or64(size), number(part.name.size(), 2), number(table64.size(), 2),
                   number(0, 2 + 2 + 2 + 4), or64(at), part.name, table64});
  }
  const auto offset = end.offset.value_or(file.size());
  const auto size = end.size.value_or(table.size());
  const auto entries = end.entries.value_or(parts.size());
  file += table;
  if (end.zip64) {
    const auto end64 = end.end64_offset.value_or(file.size());
    file += "PK\x06\x06" + number(44, 8) + number(45, 2) + number(45, 2) + number(end.disk, 4) + number(0, 4) +
            number(entries, 8) + number(entries, 8) + number(size, 8) + number(offset, 8);
    file += "PK\x06\x07" + number(0, 4) + number(end64, 8) + number(1, 4);
  }
  return file + "PK\x05\x06" + number(end.zip64 ? 0 : end.disk, 2) + number(0, 2) + number(entries, 2) +
         number(entries, 2) + number(size, 4) + number(offset, 4) + number(end.comment.size(), 2) + end.comment;
}

// Pieces of pickles, each of which leaves one value on the stack.

inline std::string text_op(std::string_view text) { return "X" + number(text.size(), 4) + std::string(text); }

inline std::string integer_op(std::int64_t value) { return "\x8a\x08" + number(static_cast<std::uint64_t>(value), 8); }

inline std::string global_op(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

inline std::string tuple_op(const std::vector<std::string>& items) {
  std::string ops = "(";
  for (const auto& item : items) ops += item;
  return ops + "t";
}

inline std::string tuple_op(const std::vector<std::int64_t>& values) {
  std::vector<std::string> items;
  items.reserve(values.size());
  for (const auto value : values) items.push_back(integer_op(value));
  return tuple_op(items);
}

/// Keys and values in turn.
inline std::string dict_op(const std::vector<std::string>& items) {
  std::string ops = "}(";
  for (const auto& item : items) ops += item;
  return ops + "u";
}

/// One tensor; as it stands, all of a storage of six floats.
struct TensorOp {
  std::string storage = "FloatStorage";
  std::string key = "0";
  std::int64_t count = 6;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape{2, 3};
  std::vector<std::int64_t> strides{3, 1};
  std::string note = "";  ///< operations of one value

  std::string ops() const {
    const auto id =
        tuple_op({text_op("storage"), global_op("torch", storage), text_op(key), text_op("cpu"), integer_op(count)});
    return global_op("torch._utils", "_rebuild_tensor_v2") +
           tuple_op({id + "Q", integer_op(offset), tuple_op(shape), tuple_op(strides), "\x89",
                     global_op("collections", "OrderedDict") + ")R" + note}) +
           "R";
  }
};

inline std::string pickle_of(const std::string& ops) { return "\x80\x02" + ops + "."; }

/// An archive of torch.save with this pickle and a storage "0" of 24 bytes.
inline std::string torch_file(const std::string& pickle, const std::string& storage = std::string(24, 'x')) {
  return make_zip({{.name = "test/data.pkl", .bytes = pickle}, {.name = "test/data/0", .bytes = storage}});
}

}  // namespace fovea::test
