/// @file Strings as a web page may carry them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace fovea::render {

/// Text for an element or a quoted attribute: `& < > " '` become entities, control characters their visible pictures
/// (U+2400 and on), and bytes that are not UTF-8 U+FFFD.
std::string html_escape(std::string_view text);

/// A path as a relative or absolute URL: `/` stays, every byte that is not unreserved (RFC 3986) is written as %HH.
std::string url_path(const std::filesystem::path& path);

/// RFC 4648 with padding.
std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace fovea::render
