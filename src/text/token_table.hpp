/// @file The tokens of a vocabulary and their ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fovea::text {

/// Tokens by id and ids by token. Ids may leave holes.
class TokenTable {
 public:
  /// Ids are below this: a file cannot make us allocate more.
  static constexpr std::int64_t kIdLimit = std::int64_t{1} << 24;

  TokenTable() = default;
  TokenTable(TokenTable&&) = default;
  TokenTable& operator=(TokenTable&&) = default;
  TokenTable(const TokenTable&) = delete;
  TokenTable& operator=(const TokenTable&) = delete;
  ~TokenTable() = default;

  void reserve(std::size_t tokens);

  /// @throws Error: model when the token is there already, the id is another token's or out of range.
  void add(std::string token, std::int64_t id);

  /// The number of tokens.
  std::size_t count() const noexcept { return ids_.size(); }
  /// One more than the largest id.
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(tokens_.size()); }
  /// Bytes of the longest token.
  std::size_t longest() const noexcept { return longest_; }

  std::optional<std::int64_t> id(std::string_view token) const;
  /// Nothing for an id that no token has.
  const std::string* token(std::int64_t id) const noexcept;

 private:
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard library's name
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> ids_;
  std::vector<const std::string*> tokens_;  // into ids_, whose keys stay where they are
  std::size_t longest_ = 0;
};

/// A token in quotes, for messages: long ones are cut, control characters escaped.
std::string in_quotes(std::string_view token);

}  // namespace fovea::text
