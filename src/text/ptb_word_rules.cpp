#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

#include "text/ptb_rules.hpp"

namespace fovea::text::ptb {
namespace {

using Table = std::initializer_list<std::u32string_view>;

/// The end of 's 'm 'd 're 've 'll at `at`, or `at`.
std::size_t skip_clitic(const Line& line, std::size_t at) noexcept {
  if (!is_apostrophe(line[at])) return at;
  for (const auto ending : Table{U"re", U"ve", U"ll", U"s", U"m", U"d"})
    if (line.has(at + 1, ending)) return at + 1 + ending.size();
  return at;
}

/// The end of n't at `at`, or `at`.
std::size_t skip_negation(const Line& line, std::size_t at) noexcept {
  return line.lower(at) == U'n' && is_any_apostrophe(line[at + 1]) && line.lower(at + 2) == U't' ? at + 3 : at;
}

/// The end of a word of letters and digits that begins with a letter, or `at`. A full stop without a space behind it
/// is inside a word: people forget the space, and "node.js" has none.
std::size_t skip_word(const Line& line, std::size_t at) noexcept {
  if (!is_letter(line[at])) return at;
  std::size_t end = line.skip(at, is_alnum);
  while ((line[end] == U'.' || line[end] == U'!' || line[end] == U'?') && is_letter(line[end + 1]))
    end = line.skip(end + 1, is_alnum);
  return end;
}

/// The end of one part of a compound, or `at`: "shirt", "d'Artagnan".
std::size_t skip_part(const Line& line, std::size_t at) noexcept {
  const char32_t c = line.lower(at);
  const bool elided = (c == U'd' || c == U'o' || c == U'l') && is_any_apostrophe(line[at + 1]) &&
                      is_alnum(line[at + 2]) && is_alnum(line[at + 3]);
  return line.skip(elided ? at + 2 : at, is_alnum);
}

bool is_hyphen(char32_t c) noexcept { return c == U'-' || c == U'_' || c == 0x58A || c == 0x2010 || c == 0x2011; }

/// Words with an apostrophe that stay whole. In the first list a typographic apostrophe is as good as a straight one.
constexpr std::array<std::u32string_view, 13> kLooseWords{U"'n'",     U"l'",        U"d'",   U"j'",   U"ol'",
                                                          U"dunkin'", U"somethin'", U"'em",  U"'til", U"'till",
                                                          U"'cause",  U"cap'n",     U"c'est"};
constexpr std::array<std::u32string_view, 8> kStrictWords{U"cont'd.", U"nor'easter", U"c'mon", U"e'er",
                                                          U"s'mores", U"ev'ry",      U"li'l",  U"nat'l"};

/// O'Brien, K'nex: a capital letter (but I and Y, which stand before clitics), an apostrophe and two letters.
std::size_t skip_name_with_apostrophe(const Line& line, std::size_t at) noexcept {
  const char32_t c = line[at];
  const bool possible = (is_ascii_upper(c) && c != U'I' && c != U'Y') || c == U'n';  // n: the plural of n't, "don'ts"
  if (!possible || !is_any_apostrophe(line[at + 1]) || !is_letter(line[at + 2]) || !is_letter(line[at + 3])) return at;
  return line.skip(at + 2, is_letter);
}

/// ma'am, Shi'ite: an apostrophe between vowels.
std::size_t skip_word_with_inner_apostrophe(const Line& line, std::size_t at) noexcept {
  constexpr std::u32string_view kVowelsBefore = U"aeiouyAEIOUY";
  constexpr std::u32string_view kVowelsAfter = U"aeiou";
  const std::size_t middle = line.skip(at, is_letter);
  if (middle < at + 2 || kVowelsBefore.find(line[middle - 1]) == std::u32string_view::npos) return at;
  const char32_t next = line[middle + 1];
  if (!is_any_apostrophe(line[middle])) return at;
  if (kVowelsAfter.find(next) == std::u32string_view::npos && !is_ascii_upper(next)) return at;
  return line.skip(middle + 1, is_letter);
}

}  // namespace

Match contraction(const Line& line, std::size_t at) {
  struct Pair {
    std::u32string_view whole;
    std::size_t first;  // length of the first of its two tokens
  };
  static constexpr std::array<Pair, 8> kPairs{{{U"cannot", 3},
                                               {U"'twas", 2},
                                               {U"'tis", 2},
                                               {U"gonna", 3},
                                               {U"gotta", 3},
                                               {U"wanna", 3},
                                               {U"lemme", 3},
                                               {U"gimme", 3}}};
  for (const auto& [whole, first] : kPairs)
    if (line.has(at, whole)) return {first, whole.size()};
  return {};
}

Match fixed_token(const Line& line, std::size_t at) {
  // The brackets occur in text that has been tokenized before.
  for (const auto token :
       Table{U"c++", U"c#", U"f#", U"pro-", U"anti-", U"-lrb-", U"-rrb-", U"-lsb-", U"-rsb-", U"-lcb-", U"-rcb-"})
    if (line.has(at, token)) return Match::whole(at, at + token.size());
  return {};
}

Match word_with_clitic(const Line& line, std::size_t at) {
  const std::size_t end = skip_word(line, at);
  const std::size_t after = skip_clitic(line, end);
  return end == at || after == end ? Match{} : Match{end - at, after - at};
}

Match word_with_negation(const Line& line, std::size_t at) {
  const std::size_t end = line.skip(at, is_ascii_letter);
  // The n belongs to the clitic; a word that has another n before it ("cann't") is no verb.
  if (end < at + 2 || line.lower(end - 2) == U'n') return {};
  const std::size_t after = skip_negation(line, end - 1);
  return after == end - 1 ? Match{} : Match{end - 1 - at, after - at};
}

Match word(const Line& line, std::size_t at) { return Match::whole(at, skip_word(line, at)); }

Match apostrophe_word(const Line& line, std::size_t at) {
  std::size_t end = std::max(skip_name_with_apostrophe(line, at), skip_word_with_inner_apostrophe(line, at));
  for (const auto whole : kLooseWords)
    if (line.has_loosely(at, whole)) end = std::max(end, at + whole.size());
  for (const auto whole : kStrictWords)
    if (line.has(at, whole)) end = std::max(end, at + whole.size());
  if (line.has_loosely(at, U"'n") && !is_ascii_letter(line[at + 2])) end = std::max(end, at + 2);  // rock 'n roll
  if (line.has_loosely(at, U"y'") && is_letter(line[at + 2])) return {2, 3};                       // y'all
  if (is_apostrophe(line[at]) && is_digit(line[at + 1])) {
    if (line[at + 1] >= U'2' && line[at + 2] == U'0' && line.lower(at + 3) == U's') return {4, 4};  // '90s
    if (is_digit(line[at + 2]) && is_space(line[at + 3])) return {3, 4};                            // '57
  }
  return Match::whole(at, end);
}

Match clitic(const Line& line, std::size_t at) {
  const std::size_t end = std::max(skip_clitic(line, at), skip_negation(line, at));
  // 'sock begins with a quotation mark. A typographic apostrophe is no such thing.
  const bool begins_word = line[at] == U'\'' && is_ascii_letter(line[end]);
  return end == at || begins_word ? Match{} : Match{end - at, end + 1 - at};
}

Match compound(const Line& line, std::size_t at) {
  std::size_t end = skip_part(line, at);
  if (end == at) return {};
  for (std::size_t next = end; is_hyphen(line[end]); end = next) {
    next = skip_part(line, end + 1);
    if (next == end + 1) break;
  }
  return Match::whole(at, end);
}

Match compound_with_points(const Line& line, std::size_t at) {
  if (!is_ascii_alnum(line[at])) return {};
  const auto is_inner = [](char32_t c) { return is_ascii_alnum(c) || c == U'.' || c == U',' || c == kSoftHyphen; };
  std::size_t end = line.skip(at, is_inner, Line::kFarEnough);
  const std::size_t head = end;
  while (line[end] == U'-') {
    std::size_t part = line.skip(end + 1, [](char32_t c) { return is_ascii_alnum(c) || c == kSoftHyphen; });
    if (const Match match = acronym(line, end + 1); end + 1 + match.taken > part) part = end + 1 + match.taken;
    if (part == end + 1) break;
    end = part;
  }
  return end == head ? Match{} : Match::whole(at, end);
}

Match slash_compound(const Line& line, std::size_t at) {
  /// One word with at most two hyphens in it; what follows a hyphen has no digits.
  const auto skip_side = [&](std::size_t begin) {
    std::size_t end = line.skip(begin, is_ascii_alnum);
    for (int hyphens = 0; end > begin && hyphens < 2 && line[end] == U'-' && is_ascii_letter(line[end + 1]); ++hyphens)
      end = line.skip(end + 1, is_ascii_letter);
    return end;
  };
  const auto skip_slash = [&](std::size_t i) { return line.has(i, U"\\/") ? i + 2 : line[i] == U'/' ? i + 1 : i; };
  std::size_t end = skip_side(at);
  if (end == at) return {};
  int slashes = 0;
  for (; slashes < 2; ++slashes) {
    const std::size_t side = skip_slash(end);
    const std::size_t next = skip_side(side);
    if (side == end || next == side) break;
    end = next;
  }
  return slashes == 0 ? Match{} : Match::whole(at, end);
}

Match ampersand_compound(const Line& line, std::size_t at) {
  std::size_t end = line.skip(at, is_ascii_upper);
  if (end == at) return {};
  const std::size_t first = end;
  while ((line[end] == U'&' || line[end] == U'+') && is_ascii_upper(line[end + 1]))
    end = line.skip(end + 1, is_ascii_upper);
  return end == first ? Match{} : Match::whole(at, end);
}

}  // namespace fovea::text::ptb
