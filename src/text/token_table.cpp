#include "text/token_table.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"

namespace fovea::text {

namespace {

std::uint32_t hash_of(std::string_view token) {
  const std::uint64_t hash = std::hash<std::string_view>{}(token);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

}  // namespace

void TokenTable::reserve(std::size_t tokens) {
  entries_.reserve(tokens);
  grow(std::bit_ceil(2 * tokens + 2));
}

void TokenTable::grow(std::size_t slots) {
  if (slots <= slots_.size()) return;
  const auto old = std::exchange(slots_, std::vector<Slot>(slots));
  for (const auto& slot : old)
    if (slot.id >= 0) slots_[find(*token(slot.id), slot.hash)] = slot;
}

std::size_t TokenTable::find(std::string_view token, std::uint32_t hash) const noexcept {
  for (std::size_t i = hash;; ++i) {
    i &= slots_.size() - 1;
    const auto& slot = slots_[i];
    if (slot.id < 0 || (slot.hash == hash && this->token(slot.id) == token)) return i;
  }
}

void TokenTable::add(std::string_view token, std::int64_t id) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::model, "token " + in_quotes(token) + " has the id " + std::to_string(id) + why);
  };
  if (id < 0 || id >= kIdLimit) refuse(", expected one from 0 to " + std::to_string(kIdLimit - 1));
  if (const auto other = this->token(id)) refuse(", which is also that of " + in_quotes(*other));
  if (2 * count_ + 2 > slots_.size()) grow(std::bit_ceil(4 * count_ + 4));
  const auto hash = hash_of(token);
  auto& slot = slots_[find(token, hash)];
  if (slot.id >= 0) refuse(" and also " + std::to_string(slot.id));

  const auto place = static_cast<std::size_t>(id);
  if (place >= entries_.size()) entries_.resize(place + 1);
  entries_[place] = {text_.size(), static_cast<std::int32_t>(token.size())};
  text_ += token;
  slot = {hash, static_cast<std::int32_t>(id)};
  longest_ = std::max(longest_, token.size());
  ++count_;
}

std::optional<std::int64_t> TokenTable::id(std::string_view token) const noexcept {
  if (slots_.empty()) return std::nullopt;
  const auto& slot = slots_[find(token, hash_of(token))];
  return slot.id < 0 ? std::nullopt : std::optional<std::int64_t>(slot.id);
}

std::optional<std::string_view> TokenTable::token(std::int64_t id) const noexcept {
  if (id < 0 || id >= size()) return std::nullopt;
  const auto& entry = entries_[static_cast<std::size_t>(id)];
  if (entry.length < 0) return std::nullopt;
  return std::string_view(text_).substr(entry.begin, static_cast<std::size_t>(entry.length));
}

std::string in_quotes(std::string_view token) {
  constexpr std::size_t kLongest = 60;
  using nlohmann::json;
  const auto dumped = json(token.substr(0, kLongest)).dump(-1, ' ', false, json::error_handler_t::replace);
  return token.size() > kLongest ? dumped + "..." : dumped;
}

}  // namespace fovea::text
