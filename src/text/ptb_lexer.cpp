#include "text/ptb_lexer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "text/ptb_rules.hpp"

namespace fovea::text {
namespace {

using ptb::Line;
using ptb::Match;

/// How the tokens of a rule are written.
enum class Spelling {
  plain,     ///< as found
  word,      ///< without soft hyphens
  quote,     ///< typographic quotation marks in ASCII
  currency,  ///< # for the pound, $ for the euro: the Treebank knows no others
  dash,      ///< "--" for two to four hyphens and for the dashes of Unicode
  ellipsis,  ///< "..."
  mark       ///< brackets as -LRB- and so on, fractions as 1/2
};

struct Rule {
  Match (*match)(const Line&, std::size_t);
  Spelling spelling;
};

constexpr std::array<Rule, 27> kRules{{{ptb::contraction, Spelling::plain},
                                       {ptb::fixed_token, Spelling::plain},
                                       {ptb::tag, Spelling::plain},
                                       {ptb::word_with_clitic, Spelling::word},
                                       {ptb::word_with_negation, Spelling::word},
                                       {ptb::word, Spelling::word},
                                       {ptb::apostrophe_word, Spelling::plain},
                                       {ptb::address, Spelling::plain},
                                       {ptb::clitic, Spelling::quote},
                                       {ptb::number, Spelling::plain},
                                       {ptb::superscript, Spelling::plain},
                                       {ptb::fraction, Spelling::plain},
                                       {ptb::currency, Spelling::currency},
                                       {ptb::ampersand_compound, Spelling::plain},
                                       {ptb::compound, Spelling::word},
                                       {ptb::slash_compound, Spelling::plain},
                                       {ptb::abbreviation, Spelling::plain},
                                       {ptb::word_with_full_stop, Spelling::word},
                                       {ptb::acronym, Spelling::plain},
                                       {ptb::initial, Spelling::plain},
                                       {ptb::compound_with_points, Spelling::word},
                                       {ptb::smiley, Spelling::mark},
                                       {ptb::dashes, Spelling::dash},
                                       {ptb::ellipsis, Spelling::ellipsis},
                                       {ptb::quote, Spelling::quote},
                                       {ptb::run_of_marks, Spelling::plain},
                                       {ptb::single_mark, Spelling::mark}}};

std::u32string spell_quote(std::u32string_view token) {
  if (token.size() == 2 && token.back() == U'\'') return U"''";
  std::u32string spelled;
  for (const char32_t c : token) switch (c) {
      case 0x91:
      case 0x2018:
      case 0x201B:
      case 0x2039:
        spelled += U'`';
        break;
      case 0x92:
      case 0x2019:
      case 0x203A:
        spelled += U'\'';
        break;
      case 0x93:
      case 0x201C:
      case 0xAB:
        spelled += U"``";
        break;
      case U'"':
      case 0x94:
      case 0x201D:
      case 0xBB:
        spelled += U"''";
        break;
      default:
        spelled += c;
    }
  return spelled;
}

std::u32string spell_currency(std::u32string_view token) {
  if (token == U"\u00A2") return U"cents";
  if (token == U"\u00A3") return U"#";
  return token.back() == U'$' ? std::u32string(token) : U"$";
}

std::u32string spell_mark(std::u32string_view token) {
  static constexpr std::array<std::pair<char32_t, std::u32string_view>, 11> kSpellings{{{U'(', U"-LRB-"},
                                                                                        {U')', U"-RRB-"},
                                                                                        {U'[', U"-LSB-"},
                                                                                        {U']', U"-RSB-"},
                                                                                        {U'{', U"-LCB-"},
                                                                                        {U'}', U"-RCB-"},
                                                                                        {0xBC, U"1/4"},
                                                                                        {0xBD, U"1/2"},
                                                                                        {0xBE, U"3/4"},
                                                                                        {0x2153, U"1/3"},
                                                                                        {0x2154, U"2/3"}}};
  std::u32string spelled;
  for (const char32_t c : token) {
    const auto found =
        std::find_if(kSpellings.begin(), kSpellings.end(), [c](const auto& entry) { return entry.first == c; });
    // Of the brackets in a smiley only the round ones are escaped.
    const bool escaped = found != kSpellings.end() && (token.size() == 1 || c == U'(' || c == U')');
    if (escaped)
      spelled += found->second;
    else
      spelled += c;
  }
  return spelled;
}

std::u32string spell(std::u32string_view token, Spelling spelling) {
  std::u32string plain(token);
  switch (spelling) {
    case Spelling::plain:
      return plain;
    case Spelling::word:
      std::erase(plain, ptb::kSoftHyphen);
      return plain;
    case Spelling::quote:
      return spell_quote(token);
    case Spelling::currency:
      return spell_currency(token);
    case Spelling::dash: {
      const bool is_rule = token.size() > 4;  // a drawn line, not a dash
      return is_rule || token == U"-" ? plain : U"--";
    }
    case Spelling::ellipsis:
      return U"...";
    case Spelling::mark:
      return spell_mark(token);
  }
  return plain;
}

/// Captions from the web carry these character entities; others are left as they are.
std::u32string decode_entities(std::u32string_view text) {
  static constexpr std::array<std::pair<std::u32string_view, char32_t>, 8> kEntities{{{U"&amp;", U'&'},
                                                                                      {U"&quot;", U'"'},
                                                                                      {U"&apos;", U'\''},
                                                                                      {U"&lt;", U'<'},
                                                                                      {U"&nbsp;", U' '},
                                                                                      {U"&gt;", U'>'},
                                                                                      {U"&ndash;", 0x2013},
                                                                                      {U"&mdash;", 0x2014}}};
  std::u32string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    const auto found = std::find_if(kEntities.begin(), kEntities.end(),
                                    [text](const auto& entity) { return text.starts_with(entity.first); });
    const bool is_entity = found != kEntities.end();
    decoded += is_entity ? found->second : text.front();
    text.remove_prefix(is_entity ? found->first.size() : 1);
  }
  return decoded;
}

}  // namespace

std::vector<std::u32string> lex_ptb(std::u32string_view text) {
  const std::u32string decoded = decode_entities(text);
  const Line line(decoded);
  std::vector<std::u32string> tokens;
  for (std::size_t at = 0; at < line.size();) {
    Match best;
    Spelling spelling = Spelling::plain;
    for (const auto& rule : kRules) {
      if (const Match match = rule.match(line, at); match.taken > 0 && match.seen > best.seen) {
        best = match;
        spelling = rule.spelling;
      }
    }
    // White space, and characters that the tokenizer does not know: both only separate.
    if (best.taken == 0) {
      ++at;
      continue;
    }
    tokens.push_back(spell(line.part(at, at + best.taken), spelling));
    at += best.taken;
  }
  return tokens;
}

}  // namespace fovea::text
