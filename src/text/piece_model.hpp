/// @file What differs between kinds of sub-word tokenizers; PieceTokenizer is what they have in common.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/token_table.hpp"
#include "text/tokenizer.hpp"

namespace fovea::text {

/// A vocabulary of pieces and how words are made of them. Immutable. Texts are valid UTF-8.
class PieceModel {
 public:
  virtual ~PieceModel() = default;

  virtual const TokenTable& tokens() const = 0;

  /// The text as the pieces are looked for in it.
  virtual std::string normalized(std::string_view text) const = 0;

  /// Appends the ids of a normalised text.
  virtual void encode(std::string_view text, std::vector<std::int64_t>& ids) const = 0;

  /// The text of tokens.
  virtual std::string decode(std::span<const std::string_view> tokens) const = 0;

  /// The displayed words of tokens; WordSpan::first counts within `tokens`.
  virtual std::vector<WordSpan> words(std::span<const std::string_view> tokens) const = 0;
};

}  // namespace fovea::text
