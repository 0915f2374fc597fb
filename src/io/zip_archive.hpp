/// @file Zip archives as torch.save writes them: entries that are stored as they are, zip64 included.
/// Format: PKWARE's APPNOTE.TXT.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "io/file_bytes.hpp"

namespace fovea::io {

/// The bytes of each entry within the file.
using ZipEntries = std::map<std::string, std::span<const std::byte>>;

/// Whether a file begins like a zip archive.
bool is_zip(std::span<const std::byte> bytes) noexcept;

/// Reads the table of an archive and checks that every entry lies where it says, apart from the others. Checksums are
/// not computed: that would read all of the file.
/// @throws Error: corrupt, unsupported (compressed or encrypted entries, archives in several parts).
ZipEntries read_zip(const FileBytes& file);

}  // namespace fovea::io
