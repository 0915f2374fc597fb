/// @file The little Unicode that caption text needs. Nothing here depends on the locale of the process.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fovea::text {

/// The code point at `position` of UTF-8 text, which must lie inside it; `position` is moved behind it. What is no
/// valid sequence is U+FFFD, one for each beginning of a sequence that breaks off (the Unicode standard's "maximal
/// subparts", which Python's errors="replace" counts too) and one for every other byte.
char32_t next_code_point(std::string_view bytes, std::size_t& position) noexcept;

/// Decodes UTF-8, as next_code_point does.
std::u32string decode_utf8(std::string_view bytes);

/// The same text with U+FFFD in place of what is not valid in it.
std::string valid_utf8(std::string_view bytes);

/// Appends one code point as UTF-8; what is no Unicode scalar value is written as U+FFFD.
void append_utf8(std::string& bytes, char32_t character);

/// Letters of all scripts, their combining marks and digits, and the soft hyphen, which is inside words.
bool is_letter(char32_t character) noexcept;
constexpr bool is_digit(char32_t character) noexcept { return character >= U'0' && character <= U'9'; }

/// Simple case mapping of the letters in use in Latin, Greek and Cyrillic; everything else is returned as it is.
char32_t to_lower(char32_t character) noexcept;
char32_t to_upper(char32_t character) noexcept;

}  // namespace fovea::text
