#include "text/token_table.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "fovea/error.hpp"

namespace fovea::text {

void TokenTable::reserve(std::size_t tokens) {
  ids_.reserve(tokens);
  tokens_.reserve(tokens);
}

void TokenTable::add(std::string token, std::int64_t id) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::model, "token " + in_quotes(token) + " has the id " + std::to_string(id) + why);
  };
  if (id < 0 || id >= kIdLimit) refuse(", expected one from 0 to " + std::to_string(kIdLimit - 1));
  const auto place = static_cast<std::size_t>(id);
  if (place < tokens_.size() && tokens_[place] != nullptr) refuse(", which is also that of " + in_quotes(*tokens_[place]));
  if (const auto found = ids_.find(token); found != ids_.end()) refuse(" and also " + std::to_string(found->second));

  longest_ = std::max(longest_, token.size());
  if (place >= tokens_.size()) tokens_.resize(place + 1);
  tokens_[place] = &ids_.emplace(std::move(token), id).first->first;
}

std::optional<std::int64_t> TokenTable::id(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* TokenTable::token(std::int64_t id) const noexcept {
  return id < 0 || id >= size() ? nullptr : tokens_[static_cast<std::size_t>(id)];
}

std::string in_quotes(std::string_view token) {
  constexpr std::size_t kLongest = 60;
  using nlohmann::json;
  const auto dumped = json(token.substr(0, kLongest)).dump(-1, ' ', false, json::error_handler_t::replace);
  return token.size() > kLongest ? dumped + "..." : dumped;
}

}  // namespace fovea::text
