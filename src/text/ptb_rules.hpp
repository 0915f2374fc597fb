/// @file The rules by which a line is cut into PTB tokens. Each looks at one place of the line, without memory.
///
/// As in the scanner that they imitate, all rules are tried at a place, the one that has seen most wins, and of equals
/// the first in the table of ptb_lexer.cpp. They were found by asking CoreNLP 3.4.1 (tests/reference/ptb_goldens.py).
#pragma once

#include <cstddef>

#include "text/ptb_line.hpp"

namespace fovea::text::ptb {

/// What a rule found at a place, in characters. Nothing when `taken` is 0.
struct Match {
  std::size_t taken = 0;  ///< length of the token
  std::size_t seen = 0;   ///< length of all that had to be looked at, what follows the token included

  static Match whole(std::size_t begin, std::size_t end) noexcept { return {end - begin, end - begin}; }
};

// Words (ptb_word_rules.cpp)
Match contraction(const Line& line, std::size_t at);           ///< can|not, gon|na: the first part
Match fixed_token(const Line& line, std::size_t at);           ///< C++, pro-, -LRB-
Match word_with_clitic(const Line& line, std::size_t at);      ///< man|'s
Match word_with_negation(const Line& line, std::size_t at);    ///< do|n't
Match word(const Line& line, std::size_t at);                  ///< grass; also "grass.The", which is one token
Match apostrophe_word(const Line& line, std::size_t at);       ///< 'em, c'mon, O'Brien, ma'am, '90s
Match clitic(const Line& line, std::size_t at);                ///< 's, 're, n't
Match compound(const Line& line, std::size_t at);              ///< t-shirt, d'Artagnan, 4x4
Match compound_with_points(const Line& line, std::size_t at);  ///< 2.5-inch, U.S.-based
Match slash_compound(const Line& line, std::size_t at);        ///< black/white
Match ampersand_compound(const Line& line, std::size_t at);    ///< AT&T

// Abbreviations with their full stop (ptb_abbreviations.cpp)
Match abbreviation(const Line& line, std::size_t at);         ///< Mr., etc., no. before a number
Match initial(const Line& line, std::size_t at);              ///< J. in "J. Smith"
Match word_with_full_stop(const Line& line, std::size_t at);  ///< any, before , ; or :
Match acronym(const Line& line, std::size_t at);              ///< U.S.

// Numbers, addresses and marks (ptb_mark_rules.cpp)
Match number(const Line& line, std::size_t at);        ///< 1,000, -5, 10:30
Match fraction(const Line& line, std::size_t at);      ///< 1-2/3
Match superscript(const Line& line, std::size_t at);   ///< ² of m²
Match address(const Line& line, std::size_t at);       ///< www.example.com, http://..., user@example.com, @user, #tag
Match tag(const Line& line, std::size_t at);           ///< <b>, </b>
Match smiley(const Line& line, std::size_t at);        ///< :-)
Match currency(const Line& line, std::size_t at);      ///< $, US$, €
Match dashes(const Line& line, std::size_t at);        ///< -, --, em dash
Match ellipsis(const Line& line, std::size_t at);      ///< ..., . . .
Match quote(const Line& line, std::size_t at);         ///< one or two quotation marks
Match run_of_marks(const Line& line, std::size_t at);  ///< ?!, ***, ##: the same kind of mark repeated
Match single_mark(const Line& line, std::size_t at);   ///< any other mark that is kept

}  // namespace fovea::text::ptb
