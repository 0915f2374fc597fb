/// @file Folders, and whole files, written so that a reader never sees half of one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace fovea::io {

/// Makes a folder and those above it, unless it is there.
/// @throws Error: io.
void make_folder(const std::filesystem::path& path);

/// Writes `parts`, one after another, beside `path` and renames the file into place: it appears under its name only
/// when it is complete, and nothing is left of it when it cannot be.
/// @throws Error: io.
void write_parts(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts);

/// The same of one part.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace fovea::io
