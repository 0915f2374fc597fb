/// @file The bytes of a file that is mapped into memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace fovea::io {

/// The bytes of a file, and who keeps them in memory. Readers of weights take this, so that they also read what is in
/// memory already.
struct FileBytes {
  std::string name;  ///< for messages: its path
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;  ///< the bytes are there as long as a copy of it is
  bool is_mapped = false;             ///< pages of a file, of which drop_pages() may be asked
};

/// Maps a file read-only. Nothing of it is read before it is used. A file that is changed while it is mapped changes
/// under the reader; one that is cut short ends the process on the next read beyond its end.
/// @throws Error: io.
FileBytes map_file(const std::filesystem::path& path);

/// Takes bytes of a mapped file out of the process's memory, as far as they fill whole pages. They stay usable: who
/// reads them again has them read again.
void drop_pages(std::span<const std::byte> bytes) noexcept;

}  // namespace fovea::io
