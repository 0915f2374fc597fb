/// @file The little Unicode that caption text needs. Nothing here depends on the locale of the process.
#pragma once

#include <string>
#include <string_view>

namespace fovea::text {

/// Decodes UTF-8. Every byte that is not part of a valid sequence becomes U+FFFD.
std::u32string decode_utf8(std::string_view bytes);

/// Appends one code point as UTF-8; what is no Unicode scalar value is written as U+FFFD.
void append_utf8(std::string& bytes, char32_t character);

/// Letters of all scripts, their combining marks and digits, and the soft hyphen, which is inside words.
bool is_letter(char32_t character) noexcept;
constexpr bool is_digit(char32_t character) noexcept { return character >= U'0' && character <= U'9'; }

/// Simple case mapping of the letters in use in Latin, Greek and Cyrillic; everything else is returned as it is.
char32_t to_lower(char32_t character) noexcept;
char32_t to_upper(char32_t character) noexcept;

}  // namespace fovea::text
