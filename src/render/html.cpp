#include "render/html.hpp"

#include "text/unicode.hpp"

namespace fovea::render {

std::string html_escape(std::string_view text) {
  constexpr char32_t kPictures = 0x2400;  // of the control characters U+0000 to U+001F
  constexpr char32_t kDelete = 0x7F;
  std::string result;
  for (const char32_t character : text::decode_utf8(text)) {
    switch (character) {
      case U'&':
        result += "&amp;";
        break;
      case U'<':
        result += "&lt;";
        break;
      case U'>':
        result += "&gt;";
        break;
      case U'"':
        result += "&quot;";
        break;
      case U'\'':
        result += "&#39;";
        break;
      case kDelete:
        text::append_utf8(result, kPictures + 0x21);
        break;
      default:
        text::append_utf8(result, character < 0x20 ? kPictures + character : character);
    }
  }
  return result;
}

std::string url_path(const std::filesystem::path& path) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string result;
  for (const char character : path.generic_string()) {
    if (kPlain.find(character) != std::string_view::npos) {
      result += character;
    } else {
      const auto byte = static_cast<unsigned char>(character);
      result += {'%', kHex[byte >> 4U], kHex[byte & 0xFU]};
    }
  }
  return result;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16U |
                                (left > 1 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8U : 0U) |
                                (left > 2 ? static_cast<std::uint32_t>(bytes[i + 2]) : 0U);
    result += kDigits[group >> 18U];
    result += kDigits[group >> 12U & 63U];
    result += left > 1 ? kDigits[group >> 6U & 63U] : '=';
    result += left > 2 ? kDigits[group & 63U] : '=';
  }
  return result;
}

}  // namespace fovea::render
