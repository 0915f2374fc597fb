#include "text/added_tokens.hpp"

#include <algorithm>
#include <utility>

#include "fovea/error.hpp"
#include "text/character_classes.hpp"
#include "text/unicode.hpp"

namespace fovea::text {
namespace {

/// The code point that ends at `end` of valid UTF-8 text; `end` is moved to its first byte.
char32_t code_point_before(std::string_view text, std::size_t& end) {
  do --end;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U);
  std::size_t position = end;
  return next_code_point(text, position);
}

bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  std::size_t before = begin;
  std::size_t after = end;
  return (begin == 0 || !is_word_character(code_point_before(text, before))) &&
         (end == text.size() || !is_word_character(next_code_point(text, after)));
}

std::size_t without_space_before(std::string_view text, std::size_t end) {
  for (std::size_t begin = end; begin > 0; end = begin)
    if (!is_white_space(code_point_before(text, begin))) break;
  return end;
}

std::size_t behind_space(std::string_view text, std::size_t begin) {
  for (std::size_t end = begin; end < text.size(); begin = end)
    if (!is_white_space(next_code_point(text, end))) break;
  return begin;
}

}  // namespace

void AddedTokens::add(const std::vector<AddedToken>& tokens, const TokenTable& vocabulary,
                      const std::function<std::string(std::string_view)>& normalized) {
  constexpr std::size_t kMostTokens = 100'000;  // of the largest tokenizers: a few thousand
  if (tokens.size() + tokens_.size() > kMostTokens) {
    throw Error(ErrorCode::model, "there are over " + std::to_string(kMostTokens) + " added tokens");
  }
  const auto count = static_cast<std::int64_t>(vocabulary.count());
  std::int64_t next = std::max(count, size());
  for (const auto& token : tokens) {
    if (token.content.empty()) continue;
    auto known = id(token.content);
    if (!known) known = vocabulary.id(token.content);
    if (!known) {
      if (const auto other = vocabulary.token(next)) {
        throw Error(ErrorCode::model, "the added token " + in_quotes(token.content) + " would get the id " +
                                          std::to_string(next) + ", which is that of " + in_quotes(*other) +
                                          ": the ids of the vocabulary leave holes");
      }
      known = next++;
    }
    if (token.id && *token.id != *known) {
      throw Error(ErrorCode::model, "the added token " + in_quotes(token.content) + " should have the id " +
                                        std::to_string(*token.id) + ", but gets the id " + std::to_string(*known));
    }
    ids_.insert_or_assign(token.content, *known);
    if (token.special) special_.insert(token.content);
    tokens_.insert_or_assign(*known, Entry{token, token.normalized ? normalized(token.content) : token.content});
  }
  collect_patterns();
}

std::optional<std::int64_t> AddedTokens::id(std::string_view content) const {
  const auto found = ids_.find(content);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string_view> AddedTokens::shown(std::int64_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? std::nullopt : std::optional<std::string_view>(found->second.shown);
}

void AddedTokens::collect_patterns() {
  patterns_ = {};
  any_ = {};
  for (const auto& [id, entry] : tokens_) {
    if (entry.shown.empty()) continue;  // nothing of it is left by the normalisation
    const auto kind = static_cast<std::size_t>(entry.token.normalized);
    patterns_[kind][static_cast<unsigned char>(entry.shown.front())].push_back({entry.shown, id});
    any_[kind] = true;
  }
  for (auto& patterns : patterns_) {
    for (auto& bucket : patterns) {
      std::stable_sort(bucket.begin(), bucket.end(),
                       [](const Pattern& a, const Pattern& b) { return a.text.size() > b.text.size(); });
    }
  }
}

const AddedTokens::Pattern* AddedTokens::match(std::string_view text, std::size_t position, bool normalized) const {
  const auto first = static_cast<unsigned char>(text[position]);
  for (const auto& pattern : patterns_[static_cast<std::size_t>(normalized)][first])
    if (text.substr(position, pattern.text.size()) == pattern.text) return &pattern;
  return nullptr;
}

std::vector<AddedTokens::Part> AddedTokens::split(std::string_view text, bool normalized) const {
  if (!any_[static_cast<std::size_t>(normalized)]) return {{text, std::nullopt}};
  std::vector<Part> parts;
  std::size_t done = 0;  // where the part begins that is not in `parts` yet
  for (std::size_t position = 0; position < text.size();) {
    const auto* pattern = match(text, position, normalized);
    if (pattern == nullptr) {
      ++position;
      continue;
    }
    std::size_t begin = position;
    std::size_t end = position += pattern->text.size();
    const auto& rules = tokens_.at(pattern->id).token;
    if (rules.single_word && !stands_alone(text, begin, end)) continue;
    if (rules.strip_left) begin = std::max(without_space_before(text, begin), done);
    if (rules.strip_right) end = behind_space(text, end);
    if (done < begin) parts.push_back({text.substr(done, begin - done), std::nullopt});
    parts.push_back({text.substr(begin, end - begin), pattern->id});
    done = end;
  }
  if (done < text.size()) parts.push_back({text.substr(done), std::nullopt});
  return parts;
}

}  // namespace fovea::text
