/// @file Byte-level byte-pair encoding, GPT-2's sub-words (https://arxiv.org/abs/1508.07909).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/piece_model.hpp"

namespace fovea::text {

struct ByteLevelBpeOptions {
  bool add_prefix_space = false;       ///< a text that does not begin with a space gets one
  bool splits = true;                  ///< words are divided by GPT-2's pattern; else a text is one piece
  bool ignore_merges = false;          ///< a piece that is a token as a whole is taken as it is
  std::optional<std::string> unknown;  ///< the token of a byte that has none; without a value it is left out
  bool fuse_unknown = false;           ///< neighbouring unknown bytes make one token
};

/// Two tokens that are merged; those that come first in the list are merged first.
using Merge = std::pair<std::string_view, std::string_view>;

class ByteLevelBpe final : public PieceModel {
 public:
  /// `merges` need not outlive the constructor.
  /// @throws Error: model when a merge names a token that is not there, or the unknown token is not there and needed.
  ByteLevelBpe(TokenTable tokens, const std::vector<Merge>& merges, ByteLevelBpeOptions options);

  const TokenTable& tokens() const override { return tokens_; }
  /// The text as it is.
  std::string normalized(std::string_view text) const override { return std::string(text); }
  void encode(std::string_view text, std::vector<std::int64_t>& ids) const override;
  std::string decode(std::span<const std::string_view> tokens) const override;
  /// Words are the pattern's pieces without their spaces, contractions joined to the word before them. Pieces that
  /// share a token make one word.
  std::vector<WordSpan> words(std::span<const std::string_view> tokens) const override;

 private:
  struct Rule {
    std::uint64_t pair = kNoPair;  ///< both ids
    std::int32_t rank = 0;
    std::int32_t merged = 0;
  };
  static constexpr std::uint64_t kNoPair = ~std::uint64_t{0};
  struct Scratch;

  void encode_piece(std::string_view piece, Scratch& scratch, std::vector<std::int64_t>& ids) const;
  void add_symbols(std::string_view piece, Scratch& scratch) const;
  void add_rules(const std::vector<Merge>& merges);
  /// The place of a pair in rules_, or the free one where it belongs.
  std::size_t place_of(std::uint64_t pair) const noexcept;
  /// Nothing for tokens that are not merged.
  const Rule* rule(std::int32_t left, std::int32_t right) const noexcept;
  void propose(std::size_t left, Scratch& scratch) const;

  TokenTable tokens_;
  ByteLevelBpeOptions options_;
  std::array<std::int32_t, 256> byte_ids_{};  // kNone where a byte has no token
  std::int32_t unknown_;
  std::vector<Rule> rules_;  // hashed by pair; a power of two of them, at least half of them free
};

}  // namespace fovea::text
