/// @file Folders, and whole files, written so that a reader never sees half of one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace fovea::io {

/// Makes a folder and those above it, unless it is there.
/// @throws Error: io.
void make_folder(const std::filesystem::path& path);

/// Writes `bytes` beside `path` and renames it into place: the file appears under its name only when it is complete.
/// @throws Error: io.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace fovea::io
