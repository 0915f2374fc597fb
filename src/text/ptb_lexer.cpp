#include "text/ptb_lexer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "text/unicode.hpp"

namespace fovea::text {
namespace {

bool is_space(char32_t c) noexcept {
  return c <= U' ' || c == 0x85 || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x3000;
}
bool is_apostrophe(char32_t c) noexcept { return c == U'\'' || c == 0x92 || c == 0x2019; }
bool is_word_character(char32_t c) noexcept { return is_letter(c) || is_digit(c); }

/// A scanner over one line. The `match_` functions give the end of a match that begins at `begin`, or `begin` itself.
class Scanner {
 public:
  explicit Scanner(std::u32string_view line) : line_(line) {}

  std::vector<std::u32string> run();

 private:
  /// The character at `i`; a line end behind the last.
  char32_t at(std::size_t i) const noexcept { return i < line_.size() ? line_[i] : U'\n'; }
  char32_t lower(std::size_t i) const noexcept { return to_lower(at(i)); }
  bool starts_with(std::size_t i, std::u32string_view lower_case) const noexcept;
  template <typename Predicate>
  std::size_t skip(std::size_t i, Predicate predicate) const noexcept {
    while (i < line_.size() && predicate(line_[i])) ++i;
    return i;
  }

  std::size_t match_clitic(std::size_t begin) const noexcept;
  std::size_t match_negation(std::size_t begin) const noexcept;
  std::size_t match_word(std::size_t begin) const noexcept;
  std::size_t match_number(std::size_t begin) const noexcept;
  std::size_t match_compound(std::size_t begin) const noexcept;

  std::u32string_view line_;
};

bool Scanner::starts_with(std::size_t i, std::u32string_view lower_case) const noexcept {
  for (std::size_t k = 0; k < lower_case.size(); ++k)
    if (lower(i + k) != lower_case[k]) return false;
  return true;
}

/// 's 'm 'd 're 've 'll
std::size_t Scanner::match_clitic(std::size_t begin) const noexcept {
  if (!is_apostrophe(at(begin))) return begin;
  for (const std::u32string_view ending : {U"re", U"ve", U"ll"})
    if (starts_with(begin + 1, ending)) return begin + 3;
  const char32_t c = lower(begin + 1);
  return c == U's' || c == U'm' || c == U'd' ? begin + 2 : begin;
}

std::size_t Scanner::match_negation(std::size_t begin) const noexcept {
  return lower(begin) == U'n' && is_apostrophe(at(begin + 1)) && lower(begin + 2) == U't' ? begin + 3 : begin;
}

/// Letters and digits from a letter on, also across a full stop with no space behind it ("grass.The" is one token).
std::size_t Scanner::match_word(std::size_t begin) const noexcept {
  if (!is_letter(at(begin))) return begin;
  std::size_t end = skip(begin, is_word_character);
  while ((at(end) == U'.' || at(end) == U'!' || at(end) == U'?') && is_letter(at(end + 1)))
    end = skip(end + 1, is_word_character);
  return end;
}

/// 12, 3.5, 1,000, 12:55, -4, .5
std::size_t Scanner::match_number(std::size_t begin) const noexcept {
  std::size_t end = begin;
  if (at(end) == U'-' || at(end) == U'+') ++end;
  const std::size_t first = end;
  end = skip(end, is_digit);
  while ((at(end) == U'.' || at(end) == U',' || at(end) == U':') && is_digit(at(end + 1)))
    end = skip(end + 1, is_digit);
  return end == first ? begin : end;
}

/// Words and numbers tied by hyphens: "t-shirt", "20-foot", "mid-1990s".
std::size_t Scanner::match_compound(std::size_t begin) const noexcept {
  std::size_t end = std::max(skip(begin, is_word_character), match_number(begin));
  if (end == begin) return begin;
  while ((at(end) == U'-' || at(end) == U'_') && is_word_character(at(end + 1)))
    end = std::max(skip(end + 1, is_word_character), match_number(end + 1));
  return end;
}

std::vector<std::u32string> Scanner::run() {
  std::vector<std::u32string> tokens;
  const auto take = [&](std::size_t& begin, std::size_t end) {
    tokens.emplace_back(line_.substr(begin, end - begin));
    begin = end;
  };
  for (std::size_t i = 0; i < line_.size();) {
    if (is_space(line_[i])) {
      ++i;
      continue;
    }
    if (const auto end = match_clitic(i); end > i && !is_letter(at(end))) {
      take(i, end);
      continue;
    }
    if (const auto end = match_negation(i); end > i && !is_letter(at(end))) {
      take(i, end);
      continue;
    }
    if (starts_with(i, U"cannot") && !is_word_character(at(i + 6))) {
      take(i, i + 3);
      take(i, i + 3);
      continue;
    }
    const std::size_t letters = skip(i, is_letter);
    if (letters > i + 1 && is_apostrophe(at(letters)) && lower(letters - 1) == U'n' && lower(letters + 1) == U't' &&
        lower(letters - 2) != U'n') {
      take(i, letters - 1);
      continue;
    }
    if (const auto end = std::max({match_word(i), match_number(i), match_compound(i)}); end > i) {
      take(i, end);
      continue;
    }
    take(i, i + 1);
  }
  return tokens;
}

}  // namespace

std::vector<std::u32string> lex_ptb(std::u32string_view line) { return Scanner(line).run(); }

}  // namespace fovea::text
