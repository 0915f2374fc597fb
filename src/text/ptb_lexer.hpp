/// @file Splits a line of English text into Penn Treebank tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fovea::text {

/// The tokens of one line as Stanford's PTBTokenizer (CoreNLP 3.4.1, the one in pycocoevalcap 1.2) writes them, before
/// they are put into lower case: quotes as `` and '', brackets as -LRB-, dashes as --, "/" as "\/". Line ends count as
/// spaces.
std::vector<std::u32string> lex_ptb(std::u32string_view line);

}  // namespace fovea::text
