/// @file Foreign text in messages.
#pragma once

#include <string>
#include <string_view>

namespace fovea::io {

/// 'text' as a message may hold it whatever a file put into it: printable ASCII, other bytes as \xNN, cut when long.
inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 160;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result = "'";
  for (const char c : text.substr(0, kLongest)) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code < 0x7F) {
      result += c;
    } else {
      result += {'\\', 'x', kDigits[code >> 4U], kDigits[code & 15U]};
    }
  }
  return result + (text.size() > kLongest ? "...'" : "'");
}

}  // namespace fovea::io
