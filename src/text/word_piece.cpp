#include "text/word_piece.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "fovea/error.hpp"

namespace fovea::text {
namespace {

struct Replacement {
  std::string_view from, to;
};
/// In this order: what one leaves is the text of the next.
constexpr std::array<Replacement, 11> kTokenCleaning{{{" .", "."},
                                                      {" ?", "?"},
                                                      {" !", "!"},
                                                      {" ,", ","},
                                                      {" ' ", "'"},
                                                      {" n't", "n't"},
                                                      {" 'm", "'m"},
                                                      {" do not", " don't"},
                                                      {" 's", "'s"},
                                                      {" 've", "'ve"},
                                                      {" 're", "'re"}}};

void replace_all(std::string& text, const Replacement& rule) {
  for (auto at = text.find(rule.from); at != std::string::npos; at = text.find(rule.from, at + rule.to.size()))
    text.replace(at, rule.from.size(), rule.to);
}

void clean_up(std::string& text, bool is_token) {
  for (const auto& rule : kTokenCleaning)
    if (is_token || rule.from != " do not") replace_all(text, rule);
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::size_t count_characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

}  // namespace

WordPiece::WordPiece(TokenTable tokens, WordPieceOptions options)
    : tokens_(std::move(tokens)), options_(std::move(options)) {
  const auto unknown = tokens_.id(options_.unknown);
  if (!unknown) {
    throw Error(ErrorCode::model, "the unknown token " + in_quotes(options_.unknown) + " is not among the " +
                                      std::to_string(tokens_.count()) + " tokens of the vocabulary");
  }
  unknown_ = *unknown;
}

std::string WordPiece::normalized(std::string_view text) const {
  return options_.normalizer ? (*options_.normalizer)(text) : std::string(text);
}

void WordPiece::encode(std::string_view text, std::vector<std::int64_t>& ids) const {
  std::string piece;
  for_each_bert_word(text, [&](std::string_view word) { encode_word(word, piece, ids); });
}

void WordPiece::encode_word(std::string_view word, std::string& piece, std::vector<std::int64_t>& ids) const {
  const std::size_t before = ids.size();
  const auto give_up = [&] {
    ids.resize(before);
    ids.push_back(unknown_);
  };
  if (word.size() > options_.longest_word && count_characters(word) > options_.longest_word) return give_up();

  for (std::size_t begin = 0; begin < word.size();) {
    piece.assign(begin == 0 ? std::string_view() : std::string_view(options_.prefix));
    const std::size_t prefix = piece.size();
    piece.append(word.substr(begin));
    piece.resize(std::min(piece.size(), std::max(tokens_.longest(), prefix)));
    std::optional<std::int64_t> found;
    for (; piece.size() > prefix; piece.pop_back()) {
      const std::size_t end = begin + piece.size() - prefix;
      if (end < word.size() && is_continuation(word[end])) continue;  // inside a character
      found = tokens_.id(piece);
      if (found) break;
    }
    if (!found) return give_up();
    ids.push_back(*found);
    begin += piece.size() - prefix;
  }
}

std::string WordPiece::decode(std::span<const std::string_view> tokens) const {
  std::string text;
  std::string token;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    token.clear();
    const bool goes_on = options_.joins && tokens[i].starts_with(options_.join_prefix);
    if (i != 0 && !goes_on) token.push_back(' ');
    token += i != 0 && goes_on ? tokens[i].substr(options_.join_prefix.size()) : tokens[i];
    if (options_.joins && options_.clean_up_tokens) clean_up(token, /*is_token=*/true);
    text += token;
  }
  if (options_.clean_up_text) clean_up(text, /*is_token=*/false);
  return text;
}

std::vector<WordSpan> WordPiece::words(std::span<const std::string_view> tokens) const {
  std::vector<WordSpan> words;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool goes_on = tokens[i].starts_with(options_.prefix);
    const auto text = tokens[i].substr(goes_on ? options_.prefix.size() : 0);
    if (goes_on && !words.empty()) {
      words.back().text += text;
      words.back().count = i + 1 - words.back().first;
    } else if (!text.empty()) {
      words.push_back({std::string(text), i, 1});
    }
  }
  return words;
}

}  // namespace fovea::text
