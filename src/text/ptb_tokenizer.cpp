#include "text/ptb_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "text/ptb_lexer.hpp"
#include "text/unicode.hpp"

namespace fovea::text {
namespace {

/// The tokens that pycocoevalcap drops. Its list has brackets too, but in upper case, and the tokens are in lower case
/// by then: "-lrb-" and its kin stay.
constexpr std::array<std::string_view, 13> kDropped{"''", "'", "``", "`",  ".",   "?", "!",
                                                    ",",  ":", "-",  "--", "...", ";"};

bool is_dropped(const std::string& token) {
  return token.empty() || std::find(kDropped.begin(), kDropped.end(), token) != kDropped.end();
}

}  // namespace

std::vector<std::string> ptb_tokenize(std::string_view caption) {
  std::vector<std::string> tokens;
  for (const auto& lexeme : lex_ptb(decode_utf8(caption))) {
    std::string token;
    for (const char32_t c : lexeme) append_utf8(token, to_lower(c));
    if (!is_dropped(token)) tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace fovea::text
