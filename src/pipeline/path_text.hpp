/// @file Paths as text: file names are bytes, records are UTF-8.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace fovea::pipeline {

/// Writes bytes as UTF-8 so that every different path gives a different text: a byte that is not part of valid UTF-8
/// becomes `\xHH` (upper-case hex), and a backslash that would read as such an escape becomes `\x5C`. All else stays.
std::string escape_path(std::string_view bytes);

/// The bytes that escape_path() made `text` from.
std::string unescape_path(std::string_view text);

/// Text for people: bytes that are not part of valid UTF-8 become `\xHH`, all else stays.
std::string escape_message(std::string_view bytes);

/// A message that calls a file what records call it, not by where it lies.
std::string with_name_for_path(std::string message, const std::filesystem::path& path, const std::string& name);

}  // namespace fovea::pipeline
