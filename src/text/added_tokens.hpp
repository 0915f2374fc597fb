/// @file Tokens that are found in the text before a model's own pieces are made: the special ones and what users added.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "text/token_table.hpp"

namespace fovea::text {

struct AddedToken {
  std::string content;
  bool single_word = false;  ///< only where no letter, digit or mark stands beside it
  bool strip_left = false;   ///< takes the white space before it
  bool strip_right = false;  ///< takes the white space behind it
  bool normalized = false;   ///< is looked for, in its normalised form, in the normalised text
  bool special = false;      ///< is left out when special tokens are skipped
  /// Where a file says it. It must be the one that the token gets.
  std::optional<std::int64_t> id = std::nullopt;

  bool operator==(const AddedToken&) const = default;
};

/// The added tokens, and finding them in a text.
class AddedTokens {
 public:
  /// Part of a text: `id` when it is an added token, else text between them.
  struct Part {
    std::string_view text;
    std::optional<std::int64_t> id;
  };

  /// Adds tokens, or changes the rules of those that are there already. A token that neither is there nor in the
  /// vocabulary gets the next free id: behind the vocabulary and the tokens added before.
  /// @param normalized the model's normalisation of a text
  /// @throws Error: model when that id is in use, because the vocabulary's ids leave holes, or is not the one that the
  /// token should have, and when there are over 100,000 added tokens.
  void add(const std::vector<AddedToken>& tokens, const TokenTable& vocabulary,
           const std::function<std::string(std::string_view)>& normalized);

  bool contains(std::string_view content) const { return ids_.find(content) != ids_.end(); }
  std::optional<std::int64_t> id(std::string_view content) const;

  /// What stands for an added token's id in the input of the decoder: the content, or its normalised form where that
  /// is looked for. Nothing for other ids.
  std::optional<std::string_view> shown(std::int64_t id) const;

  /// Whether a token of this text is special. Its own and, since the text is all that is compared, any other's.
  bool is_special(std::string_view shown) const { return special_.find(shown) != special_.end(); }

  /// One more than the largest id, 0 without tokens.
  std::int64_t size() const noexcept { return tokens_.empty() ? 0 : tokens_.rbegin()->first + 1; }

  /// Splits a text at the tokens that are looked for in it as it is (`normalized` false) or in its normalised form.
  /// At each place the longest one is taken.
  std::vector<Part> split(std::string_view text, bool normalized) const;

 private:
  struct Entry {
    AddedToken token;
    std::string shown;
  };
  struct Pattern {
    std::string text;
    std::int64_t id = 0;
  };
  /// By first byte; longer ones first.
  using Patterns = std::array<std::vector<Pattern>, 256>;

  void collect_patterns();
  const Pattern* match(std::string_view text, std::size_t position, bool normalized) const;

  std::map<std::int64_t, Entry> tokens_;
  std::map<std::string, std::int64_t, std::less<>> ids_;
  std::set<std::string, std::less<>> special_;
  std::array<Patterns, 2> patterns_;  // [1]: of normalised tokens
  std::array<bool, 2> any_{};         // whether there is one
};

}  // namespace fovea::text
