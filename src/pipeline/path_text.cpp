#include "pipeline/path_text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace fovea::pipeline {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

/// Length of the valid UTF-8 sequence that `bytes` begins with, or 0 (Unicode 15, table 3-7: no overlong forms, no
/// surrogates, nothing above U+10FFFF).
std::size_t sequence_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  struct Row {
    std::uint8_t first_low, first_high, second_low, second_high;
    std::size_t length;
  };
  static constexpr std::array<Row, 8> kRows{{{0xC2, 0xDF, 0x80, 0xBF, 2},
                                             {0xE0, 0xE0, 0xA0, 0xBF, 3},
                                             {0xE1, 0xEC, 0x80, 0xBF, 3},
                                             {0xED, 0xED, 0x80, 0x9F, 3},
                                             {0xEE, 0xEF, 0x80, 0xBF, 3},
                                             {0xF0, 0xF0, 0x90, 0xBF, 4},
                                             {0xF1, 0xF3, 0x80, 0xBF, 4},
                                             {0xF4, 0xF4, 0x80, 0x8F, 4}}};
  if (at(0) < 0x80) return 1;
  for (const Row& row : kRows) {
    if (at(0) < row.first_low || at(0) > row.first_high) continue;
    if (bytes.size() < row.length || at(1) < row.second_low || at(1) > row.second_high) return 0;
    for (std::size_t i = 2; i < row.length; ++i) {
      if (at(i) < 0x80 || at(i) > 0xBF) return 0;
    }
    return row.length;
  }
  return 0;
}

/// The byte that an escape at the beginning of `text` stands for.
std::optional<char> escaped_byte(std::string_view text) {
  if (text.size() < 4 || text[0] != '\\' || text[1] != 'x') return std::nullopt;
  const std::size_t high = kHexDigits.find(text[2]);
  const std::size_t low = kHexDigits.find(text[3]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

/// @param guard_backslashes also escape a backslash that would read as an escape
std::string escape(std::string_view bytes, bool guard_backslashes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = guard_backslashes && escaped_byte(bytes) ? 0 : sequence_length(bytes);
    if (length == 0) {
      const auto value = static_cast<std::uint8_t>(bytes[0]);
      text += {'\\', 'x', kHexDigits[value >> 4], kHexDigits[value & 15]};
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace

std::string escape_path(std::string_view bytes) { return escape(bytes, true); }

std::string escape_message(std::string_view bytes) { return escape(bytes, false); }

std::string unescape_path(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    const auto byte = escaped_byte(text);
    bytes += byte.value_or(text[0]);
    text.remove_prefix(byte ? 4 : 1);
  }
  return bytes;
}

std::string with_name_for_path(std::string message, const std::filesystem::path& path, const std::string& name) {
  const std::string& text = path.native();
  if (text.empty()) return message;
  // The name may end with the path ("../../scans/1.dcm" and "/scans/1.dcm"): then it is there already.
  const std::size_t lead = name.ends_with(text) ? name.size() - text.size() : std::string::npos;
  for (std::size_t at = message.find(text); at != std::string::npos;) {
    const bool named = lead <= at && message.compare(at - lead, name.size(), name) == 0;
    if (!named) message.replace(at, text.size(), name);
    at = message.find(text, at + (named ? text.size() : name.size()));
  }
  return message;
}

}  // namespace fovea::pipeline
