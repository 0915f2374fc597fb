/// @file The tokens of a vocabulary and their ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::text {

/// Tokens by id and ids by token. Ids may leave holes. Made for vocabularies that are read in one go: all tokens lie
/// in one string, and looking one up touches little memory.
class TokenTable {
 public:
  /// Ids are below this: a file cannot make us allocate more.
  static constexpr std::int64_t kIdLimit = std::int64_t{1} << 24;

  void reserve(std::size_t tokens);

  /// @throws Error: model when the token is there already, the id is another token's or out of range.
  void add(std::string_view token, std::int64_t id);

  /// The number of tokens.
  std::size_t count() const noexcept { return count_; }
  /// One more than the largest id.
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(entries_.size()); }
  /// Bytes of the longest token.
  std::size_t longest() const noexcept { return longest_; }

  std::optional<std::int64_t> id(std::string_view token) const noexcept;
  /// Nothing for an id that no token has. The view lives until the next token is added.
  std::optional<std::string_view> token(std::int64_t id) const noexcept;

 private:
  struct Entry {
    std::size_t begin = 0;     // in text_
    std::int32_t length = -1;  // -1: a hole
  };
  struct Slot {
    std::uint32_t hash = 0;
    std::int32_t id = -1;  // -1: free
  };

  void grow(std::size_t slots);
  /// The slot of a token, or the free one where it belongs.
  std::size_t find(std::string_view token, std::uint32_t hash) const noexcept;

  std::string text_;
  std::vector<Entry> entries_;  // by id
  std::vector<Slot> slots_;     // a power of two of them, at least half of them free
  std::size_t count_ = 0;
  std::size_t longest_ = 0;
};

/// A token in quotes, for messages: long ones are cut, control characters escaped.
std::string in_quotes(std::string_view token);

}  // namespace fovea::text
