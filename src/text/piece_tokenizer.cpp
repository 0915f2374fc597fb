#include "text/piece_tokenizer.hpp"

#include <algorithm>
#include <utility>

#include "fovea/error.hpp"
#include "text/unicode.hpp"

namespace fovea::text {

PieceTokenizer::PieceTokenizer(std::unique_ptr<const PieceModel> model, AddedTokens added, Surround surround,
                               SpecialTokens special)
    : model_(std::move(model)), added_(std::move(added)), surround_(std::move(surround)), special_(special) {
  for (const auto* ids : {&surround_.before, &surround_.after}) {
    for (const auto id : *ids) {
      if (!token(id)) {
        throw Error(ErrorCode::model, "the id " + std::to_string(id) +
                                          " is to be put around a text, but there is no such token: ids go to " +
                                          std::to_string(size() - 1));
      }
    }
  }
}

std::int64_t PieceTokenizer::size() const { return std::max(model_->tokens().size(), added_.size()); }

std::optional<std::string_view> PieceTokenizer::find(std::int64_t id) const {
  if (id < 0) throw Error(ErrorCode::internal, "a token id is " + std::to_string(id) + ", expected 0 or more");
  const auto shown = added_.shown(id);
  return shown ? shown : model_->tokens().token(id);
}

bool PieceTokenizer::is_special(std::int64_t id) const {
  const auto shown = token(id);
  return shown && added_.is_special(*shown);
}

std::vector<std::int64_t> PieceTokenizer::encode(std::string_view text, bool add_special_tokens) const {
  std::vector<std::int64_t> ids;
  if (add_special_tokens) ids = surround_.before;
  const std::string valid = valid_utf8(text);
  for (const auto& raw : added_.split(valid, /*normalized=*/false)) {
    if (raw.id) {
      ids.push_back(*raw.id);
      continue;
    }
    const std::string normalized = model_->normalized(raw.text);
    for (const auto& part : added_.split(normalized, /*normalized=*/true)) {
      if (part.id)
        ids.push_back(*part.id);
      else
        model_->encode(part.text, ids);
    }
  }
  if (add_special_tokens) ids.insert(ids.end(), surround_.after.begin(), surround_.after.end());
  return ids;
}

std::string PieceTokenizer::decode(std::span<const std::int64_t> ids, bool skip_special_tokens) const {
  std::vector<std::string_view> tokens;
  tokens.reserve(ids.size());
  for (const auto id : ids) {
    const auto token = find(id);
    if (token && !(skip_special_tokens && added_.is_special(*token))) tokens.push_back(*token);
  }
  return model_->decode(tokens);
}

std::vector<WordSpan> PieceTokenizer::words(std::span<const std::int64_t> ids) const {
  std::vector<WordSpan> words;
  std::vector<std::string_view> run;  // tokens up to the next one that is in no word
  for (std::size_t i = 0; i <= ids.size(); ++i) {
    const auto token = i == ids.size() ? std::nullopt : find(ids[i]);
    if (token && !added_.is_special(*token)) {
      run.push_back(*token);
      continue;
    }
    for (auto& word : model_->words(run)) {
      word.first += i - run.size();
      words.push_back(std::move(word));
    }
    run.clear();
  }
  return words;
}

std::optional<std::string_view> PieceTokenizer::token(std::int64_t id) const {
  return id < 0 ? std::nullopt : find(id);
}

std::optional<std::int64_t> PieceTokenizer::id(std::string_view token) const {
  const auto added = added_.id(token);
  return added ? added : model_->tokens().id(token);
}

}  // namespace fovea::text
