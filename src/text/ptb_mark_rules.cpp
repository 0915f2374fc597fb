#include <algorithm>
#include <string_view>

#include "text/ptb_rules.hpp"

namespace fovea::text::ptb {
namespace {

bool is_one_of(char32_t c, std::u32string_view set) noexcept { return set.find(c) != std::u32string_view::npos; }

/// What an address cannot hold: space, quotation marks and brackets.
bool is_address_character(char32_t c) noexcept { return !is_space(c) && !is_one_of(c, U"\"<>|(){}[]"); }

/// The end of an address that begins at `at`: the punctuation behind it belongs to the sentence.
std::size_t skip_address(const Line& line, std::size_t at) noexcept {
  std::size_t end = line.skip(at, is_address_character);
  while (end > at && is_one_of(line[end - 1], U".!?,;:&'-")) --end;
  return end;
}

bool is_quote(char32_t c) noexcept {
  return is_any_apostrophe(c) || c == 0x93 || c == 0x94 || c == 0x201C || c == 0x201D || c == 0x2039 || c == 0x203A ||
         c == 0xAB || c == 0xBB;
}

/// http://..., www...., example.com/path
Match web_address(const Line& line, std::size_t at) {
  for (const std::u32string_view scheme : {U"http://", U"https://"})
    if (line.has(at, scheme)) {
      const std::size_t begin = at + scheme.size();
      const std::size_t end = skip_address(line, begin);
      return end < begin + 2 ? Match{} : Match::whole(at, end);
    }
  const auto is_lower = [](char32_t c) { return is_ascii_lower(c); };
  const bool www = line.has(at, U"www.");
  std::size_t end = at;
  std::size_t label = at;  // begin of the last label
  for (std::size_t next = at;; label = next + 1) {
    next = www ? line.skip(label, is_ascii_alnum) : line.skip(label, is_lower);
    if (next == label) break;
    end = next;
    if (line[next] != U'.') break;
  }
  const auto last = line.part(label < end ? label : end, end);
  if (!www && last != U"com" && last != U"net" && last != U"org" && last != U"edu") return {};
  if (end < at + 5) return {};  // "www." and nothing else
  const std::size_t path = line[end] == U'/' ? skip_address(line, end + 1) : end;
  return Match::whole(at, path > end + 2 ? path : end);
}

/// user@example.com
Match mail_address(const Line& line, std::size_t at) {
  if (!is_ascii_alnum(line[at])) return {};
  const std::size_t sign = line.skip(
      at, [](char32_t c) { return is_address_character(c) && c != U'@'; }, Line::kFarEnough);
  if (line[sign] != U'@') return {};
  std::size_t end = line.skip(sign + 1, is_address_character);
  while (line[end - 1] == U'.') --end;
  return end == sign + 1 ? Match{} : Match::whole(at, end);
}

}  // namespace

Match number(const Line& line, std::size_t at) {
  const std::size_t first = at + (line[at] == U'-' || line[at] == U'+' ? 1 : 0);
  std::size_t end = line.skip(first, is_digit);
  while (is_one_of(line[end], U".:,") && is_digit(line[end + 1])) end = line.skip(end + 1, is_digit);
  return end == first ? Match{} : Match::whole(at, end);
}

Match fraction(const Line& line, std::size_t at) {
  constexpr std::size_t kMaxDigits = 4;  // more is no fraction but a serial number
  const auto skip_few_digits = [&](std::size_t i) { return std::min(line.skip(i, is_digit), i + kMaxDigits); };
  std::size_t over = skip_few_digits(at);
  if (over > at && line[over] == U'-') over = skip_few_digits(over + 1);
  if (over == at || !is_digit(line[over - 1])) return {};
  if (line[over] != U'/' && line[over] != 0x2044) return {};
  const std::size_t end = skip_few_digits(over + 1);
  return end == over + 1 ? Match{} : Match::whole(at, end);
}

Match superscript(const Line& line, std::size_t at) {
  const auto is_raised = [](char32_t c) { return (c >= 0x2070 && c <= 0x2079) || c == 0xB9 || c == 0xB2 || c == 0xB3; };
  const auto is_lowered = [](char32_t c) { return c >= 0x2080 && c <= 0x2089; };
  const std::size_t first = at + (is_one_of(line[at], U"\u207A\u207B\u208A\u208B") ? 1 : 0);
  const std::size_t end = std::max(line.skip(first, is_raised), line.skip(first, is_lowered));
  return end == first ? Match{} : Match::whole(at, end);
}

Match address(const Line& line, std::size_t at) {
  if (line[at] == U'@' && (is_ascii_letter(line[at + 1]) || line[at + 1] == U'_'))
    return Match::whole(at, line.skip(at + 1, [](char32_t c) { return is_ascii_alnum(c) || c == U'_'; }));
  if (line[at] == U'#') {
    const std::size_t end = line.skip(at + 1, is_letter);
    return end == at + 1 ? Match{} : Match::whole(at, end);
  }
  const Match web = web_address(line, at);
  const Match mail = mail_address(line, at);
  return mail.seen > web.seen ? mail : web;
}

Match tag(const Line& line, std::size_t at) {
  if (line[at] != U'<') return {};
  const std::size_t name = at + (line[at + 1] == U'/' ? 2 : 1);
  if (!is_ascii_letter(line[name])) return {};
  std::size_t end = line.skip(name, [](char32_t c) { return is_ascii_alnum(c) || is_one_of(c, U"_:.-"); });
  if (line[end] == U'/' && name == at + 1) ++end;  // <br/>
  return line[end] == U'>' ? Match::whole(at, end + 1) : Match{};
}

Match smiley(const Line& line, std::size_t at) {
  std::size_t eyes = at + (line[at] == U'<' || line[at] == U'>' ? 1 : 0);
  if (is_one_of(line[eyes], U":;=")) {
    const std::size_t mouth = eyes + (is_one_of(line[eyes + 1], U"-o*'") ? 2 : 1);
    if (is_one_of(line[mouth], U"()DPdpO\\{@|[]") && !is_ascii_alnum(line[mouth + 1]))
      return {mouth + 1 - at, mouth + 2 - at};
  }
  // Asian: eyes on both sides, (^_^)
  constexpr std::u32string_view kEyes = U"-^x=~<>'";
  const std::size_t left = at + (line[at] == U'(' ? 1 : 0);
  if (!is_one_of(line[left], kEyes)) return {};
  const bool nose = line[left + 1] == U'_' || (left > at && is_one_of(line[left + 1], U".-"));
  const std::size_t right = left + (nose ? 2 : 1);
  if (!is_one_of(line[right], kEyes)) return {};
  if (left == at) return nose ? Match::whole(at, right + 1) : Match{};
  return line[right + 1] == U')' ? Match::whole(at, right + 2) : Match{};
}

Match currency(const Line& line, std::size_t at) {
  if (const std::size_t sign = line.skip(at, is_ascii_upper); line[sign] == U'$') return Match::whole(at, sign + 1);
  return is_one_of(line[at], U"\u0080\u00A2\u00A3\u00A4\u20A0\u20AC") ? Match{1, 1} : Match{};
}

Match dashes(const Line& line, std::size_t at) {
  const char32_t c = line[at];
  if (c == 0x96 || c == 0x97 || (c >= 0x2013 && c <= 0x2015)) return {1, 1};
  return Match::whole(at, line.skip(at, [](char32_t d) { return d == U'-'; }));
}

Match ellipsis(const Line& line, std::size_t at) {
  if (line[at] == 0x2026) return {1, 1};
  const std::size_t end = line.skip(at, [](char32_t c) { return c == U'.'; });
  if (end >= at + 3) return Match::whole(at, end);
  std::size_t spaced = at;  // the last dot of ". . ."
  while (line[spaced] == U'.' && (line[spaced + 1] == U' ' || line[spaced + 1] == 0xA0) && line[spaced + 2] == U'.')
    spaced += 2;
  return spaced < at + 4 ? Match{} : Match::whole(at, spaced + 1);
}

Match quote(const Line& line, std::size_t at) {
  if (line[at] == U'"') return {1, 1};
  if (!is_quote(line[at])) return {};
  // Two of a kind are a double quotation mark; whatever stands before a straight one is taken for its first half.
  const bool two = line[at + 1] == U'\'' ? is_any_apostrophe(line[at]) : line[at] != U'\'' && is_quote(line[at + 1]);
  return two ? Match{2, 2} : Match{1, 1};
}

Match run_of_marks(const Line& line, std::size_t at) {
  for (const std::u32string_view kind : {U"?!", U"*", U"#", U"@", U"_"})
    if (is_one_of(line[at], kind))
      return Match::whole(at, line.skip(at, [kind](char32_t c) { return is_one_of(c, kind); }));
  return {};
}

Match single_mark(const Line& line, std::size_t at) {
  for (const std::u32string_view pair : {U"<<", U">>"})
    if (line.has(at, pair)) return {2, 2};
  const bool kept = is_symbol(line[at]) || is_one_of(line[at], U".;()[]{}\u00BC\u00BD\u00BE\u2153\u2154");
  return kept ? Match{1, 1} : Match{};
}

}  // namespace fovea::text::ptb
