/// @file The line that the PTB rules look at, and the classes of characters that they know.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "text/unicode.hpp"

namespace fovea::text::ptb {

bool is_space(char32_t c) noexcept;
bool is_letter(char32_t c) noexcept;  ///< as in unicode.hpp, without symbols of those blocks
bool is_symbol(char32_t c) noexcept;  ///< a mark that is a token of its own as it stands; other marks are dropped

using text::is_digit;

constexpr char32_t kSoftHyphen = 0xAD;

constexpr bool is_ascii_upper(char32_t c) noexcept { return c >= U'A' && c <= U'Z'; }
constexpr bool is_ascii_lower(char32_t c) noexcept { return c >= U'a' && c <= U'z'; }
constexpr bool is_ascii_letter(char32_t c) noexcept { return is_ascii_upper(c) || is_ascii_lower(c); }
constexpr bool is_ascii_alnum(char32_t c) noexcept { return is_ascii_letter(c) || is_digit(c); }
inline bool is_alnum(char32_t c) noexcept { return is_digit(c) || is_letter(c); }

/// The straight and the typographic apostrophe, the latter also where Windows-1252 has it.
constexpr bool is_apostrophe(char32_t c) noexcept { return c == U'\'' || c == 0x92 || c == 0x2019; }
/// Also the opening quotes that people type for it.
constexpr bool is_any_apostrophe(char32_t c) noexcept {
  return is_apostrophe(c) || c == U'`' || c == 0x91 || c == 0x2018 || c == 0x201B;
}

/// A line of text that can be read beyond its end, where it has line feeds.
class Line {
 public:
  static constexpr std::size_t kFarEnough = 100;  ///< limit for what may come before the mark a rule looks for

  explicit Line(std::u32string_view text) : text_(text) {}

  std::size_t size() const noexcept { return text_.size(); }
  char32_t operator[](std::size_t i) const noexcept { return i < text_.size() ? text_[i] : U'\n'; }
  char32_t lower(std::size_t i) const noexcept { return to_lower((*this)[i]); }
  std::u32string_view part(std::size_t begin, std::size_t end) const { return text_.substr(begin, end - begin); }

  /// The first place at or behind `i` whose character does not satisfy `predicate`, at most `limit` characters on. A
  /// rule that takes less than it skips must set a limit, or a hostile line would cost the square of its length.
  template <typename Predicate>
  std::size_t skip(std::size_t i, Predicate predicate, std::size_t limit = std::u32string_view::npos) const noexcept {
    const std::size_t end = limit < text_.size() - std::min(i, text_.size()) ? i + limit : text_.size();
    while (i < end && predicate(text_[i])) ++i;
    return i;
  }

  /// Whether `lower_case` stands at `i`, in any case.
  bool has(std::size_t i, std::u32string_view lower_case) const noexcept {
    for (std::size_t k = 0; k < lower_case.size(); ++k)
      if (lower(i + k) != lower_case[k]) return false;
    return true;
  }

  /// The same, where an apostrophe may be typographic.
  bool has_loosely(std::size_t i, std::u32string_view lower_case) const noexcept {
    for (std::size_t k = 0; k < lower_case.size(); ++k)
      if (lower(i + k) != lower_case[k] && !(lower_case[k] == U'\'' && is_apostrophe((*this)[i + k]))) return false;
    return true;
  }

 private:
  std::u32string_view text_;
};

}  // namespace fovea::text::ptb
