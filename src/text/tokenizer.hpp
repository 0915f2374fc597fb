/// @file Text to token ids and back, as the language part of a model was trained.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::text {

/// One displayed word and the tokens that make it.
struct WordSpan {
  std::string text;       ///< as it is displayed: no space around it, no mark of a sub-word
  std::size_t first = 0;  ///< index of the word's first token
  std::size_t count = 0;  ///< number of its tokens, which are neighbours

  bool operator==(const WordSpan&) const = default;
};

/// Ids of the tokens with a meaning of their own; a tokenizer has only some of them.
struct SpecialTokens {
  std::optional<std::int64_t> begin;      ///< of a text ("bos_token")
  std::optional<std::int64_t> end;        ///< of a text ("eos_token")
  std::optional<std::int64_t> unknown;    ///< in place of what has no token
  std::optional<std::int64_t> separator;  ///< BERT's end of a text ("sep_token")
  std::optional<std::int64_t> padding;
  std::optional<std::int64_t> classifier;  ///< BERT's begin of a text ("cls_token")
  std::optional<std::int64_t> mask;

  bool operator==(const SpecialTokens&) const = default;
};

/// A tokenizer is immutable and shared by threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// One more than the largest id. Not every id below it needs to have a token.
  virtual std::int64_t size() const = 0;

  virtual const SpecialTokens& special_tokens() const = 0;

  /// Whether decode leaves the token out when it is told to skip special ones; false for an id without a token.
  virtual bool is_special(std::int64_t id) const = 0;

  /// The ids of a text. What is not valid UTF-8 in it is replaced by U+FFFD first.
  /// @param add_special_tokens also those that the model expects around a text
  virtual std::vector<std::int64_t> encode(std::string_view text, bool add_special_tokens) const = 0;

  /// The text of ids, in UTF-8. Ids without a token are left out: the output layer of a model may have more rows than
  /// its tokenizer has tokens.
  /// @throws Error: internal when an id is negative.
  virtual std::string decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const = 0;

  /// The displayed words of ids, in order. Special tokens, ids without a token and tokens that are nothing but white
  /// space are in no word.
  /// @throws Error: internal when an id is negative.
  virtual std::vector<WordSpan> words(std::span<const std::int64_t> ids) const = 0;

  /// A token as it is written in the vocabulary; nothing for an id without a token.
  virtual std::optional<std::string_view> token(std::int64_t id) const = 0;

  /// Nothing for a token that is not there.
  virtual std::optional<std::int64_t> id(std::string_view token) const = 0;
};

}  // namespace fovea::text
