/// @file Files to read, folders, and whole files, written so that a reader never sees half of one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>

namespace fovea::io {

/// Opens a file for reading. A pipe or a device would block or never end, so it is none.
/// @param size is set to its number of bytes
/// @throws Error: io.
std::ifstream open_file(const std::filesystem::path& path, std::size_t* size);

/// Makes a folder and those above it, unless it is there.
/// @throws Error: io.
void make_folder(const std::filesystem::path& path);

/// Has `write` write a file beside `path` and renames it into place: it appears under its name only when it is
/// complete, and nothing is left of it when it cannot be or when `write` throws.
/// @throws Error: io, and what `write` throws.
void write_stream(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);

/// The same of bytes, part after part.
/// @throws Error: io.
void write_parts(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);

/// The same of one part.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace fovea::io
