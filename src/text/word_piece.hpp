/// @file WordPiece: BERT's sub-words, the longest ones that fit from left to right (https://arxiv.org/abs/1609.08144).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "text/bert_normalizer.hpp"
#include "text/piece_model.hpp"

namespace fovea::text {

struct WordPieceOptions {
  std::string unknown = "[UNK]";                            ///< the token of a word that cannot be put together
  std::string prefix = "##";                                ///< begins the pieces that go on with a word
  std::size_t longest_word = 100;                           ///< characters; longer words are unknown
  std::optional<BertNormalizer> normalizer{std::in_place};  ///< without a value the text stays as it is
  bool joins = true;               ///< decoding joins pieces; else tokens are listed with spaces between them
  std::string join_prefix = "##";  ///< what joining takes off a token
  bool clean_up_tokens = true;     ///< the decoder's own cleaning, token by token: no space before ".", "n't", ...
  bool clean_up_text = false;      ///< transformers' clean_up_tokenization_spaces, on the whole text
};

class WordPiece final : public PieceModel {
 public:
  /// @throws Error: model when the unknown token is not in the vocabulary.
  WordPiece(TokenTable tokens, WordPieceOptions options);

  const TokenTable& tokens() const override { return tokens_; }
  std::string normalized(std::string_view text) const override;
  void encode(std::string_view text, std::vector<std::int64_t>& ids) const override;
  std::string decode(std::span<const std::string_view> tokens) const override;
  /// A word is a token and the pieces that go on with it.
  std::vector<WordSpan> words(std::span<const std::string_view> tokens) const override;

 private:
  void encode_word(std::string_view word, std::string& piece, std::vector<std::int64_t>& ids) const;

  TokenTable tokens_;
  WordPieceOptions options_;
  std::int64_t unknown_ = 0;
};

}  // namespace fovea::text
