/// @file The little Unicode that caption text needs. Nothing here depends on the locale of the process.
#pragma once

#include <string>
#include <string_view>

namespace fovea::text {

/// Decodes UTF-8. Every byte that is not part of a valid sequence becomes U+FFFD.
std::u32string decode_utf8(std::string_view bytes);

/// Appends one code point as UTF-8; what is no Unicode scalar value is written as U+FFFD.
void append_utf8(std::string& bytes, char32_t character);

/// Letters of the alphabets that captions are written in (Latin, Greek, Cyrillic and the blocks up to U+07FF), and the
/// letters and syllables of East Asia.
bool is_letter(char32_t character) noexcept;
bool is_digit(char32_t character) noexcept;  ///< 0 to 9
bool is_upper(char32_t character) noexcept;

/// Simple case mapping of the Latin, Greek and Cyrillic alphabets; everything else is returned as it is.
char32_t to_lower(char32_t character) noexcept;
char32_t to_upper(char32_t character) noexcept;

}  // namespace fovea::text
