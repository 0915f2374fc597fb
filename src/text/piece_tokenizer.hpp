/// @file A tokenizer of sub-words: added tokens are found first, the model's pieces make the rest.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "text/added_tokens.hpp"
#include "text/piece_model.hpp"
#include "text/tokenizer.hpp"

namespace fovea::text {

/// Ids that are put around a text.
struct Surround {
  std::vector<std::int64_t> before;
  std::vector<std::int64_t> after;
};

/// What the files of a vocabulary say, before special tokens are named.
struct TokenizerParts {
  std::unique_ptr<const PieceModel> model;
  std::vector<AddedToken> added;
  Surround surround;
};

class PieceTokenizer final : public Tokenizer {
 public:
  /// @throws Error: model when `surround` or `special` has an id without a token.
  PieceTokenizer(std::unique_ptr<const PieceModel> model, AddedTokens added, Surround surround, SpecialTokens special);

  std::int64_t size() const override;
  const SpecialTokens& special_tokens() const override { return special_; }
  bool is_special(std::int64_t id) const override;
  std::vector<std::int64_t> encode(std::string_view text, bool add_special_tokens) const override;
  std::string decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const override;
  std::vector<WordSpan> words(std::span<const std::int64_t> ids) const override;
  std::optional<std::string_view> token(std::int64_t id) const override;
  std::optional<std::int64_t> id(std::string_view token) const override;

 private:
  /// The token of an id as the model's decoder sees it. @throws Error: internal when the id is negative.
  std::optional<std::string_view> find(std::int64_t id) const;

  std::unique_ptr<const PieceModel> model_;
  AddedTokens added_;
  Surround surround_;
  SpecialTokens special_;
};

}  // namespace fovea::text
