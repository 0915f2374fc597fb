#include "text/load_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fovea/error.hpp"
#include "text/piece_tokenizer.hpp"
#include "text/tokenizer_config.hpp"
#include "text/tokenizer_fields.hpp"
#include "text/tokenizer_json.hpp"
#include "text/vocabulary_files.hpp"
#include "text/word_piece.hpp"

namespace fovea::text {
namespace {

/// What a class of transformers calls its special tokens unless it is told otherwise, in the order of
/// kSpecialTokenNames.
using Defaults = std::array<const char*, kSpecialTokenNames.size()>;
constexpr Defaults kBertDefaults{"", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};
constexpr Defaults kGpt2Defaults{"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", "", "", "", ""};
constexpr Defaults kRobertaDefaults{"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"};

const Defaults& defaults_of(const PieceModel& model, const TokenizerConfig& config) {
  if (dynamic_cast<const WordPiece*>(&model) != nullptr) return kBertDefaults;
  return config.tokenizer_class.starts_with("Roberta") ? kRobertaDefaults : kGpt2Defaults;
}

/// The named special tokens: those of the files, and the defaults that the vocabulary has.
std::vector<AddedToken> named_tokens(const TokenizerParts& parts, const TokenizerConfig& config) {
  const auto& defaults = defaults_of(*parts.model, config);
  std::vector<AddedToken> named(kSpecialTokenNames.size());
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (const auto found = config.named.find(kSpecialTokenNames[i]); found != config.named.end()) {
      named[i] = found->second;
      continue;
    }
    if (*defaults[i] == '\0') continue;
    const auto is_it = [&](const AddedToken& token) { return token.content == defaults[i]; };
    const bool is_there = parts.model->tokens().id(defaults[i]).has_value() ||
                          std::any_of(parts.added.begin(), parts.added.end(), is_it) ||
                          std::any_of(config.added.begin(), config.added.end(), is_it);
    if (is_there) named[i] = {.content = defaults[i], .special = true};
  }
  return named;
}

AddedTokens added_tokens(const TokenizerParts& parts, const TokenizerConfig& config,
                         const std::vector<AddedToken>& named) {
  const auto& model = *parts.model;
  const auto normalized = [&](std::string_view text) { return model.normalized(text); };
  AddedTokens added;
  added.add(parts.added, model.tokens(), normalized);
  auto further = config.added;
  std::set<std::string> contents;  // of further
  for (const auto& token : further) contents.insert(token.content);
  const auto add_unless_there = [&](const AddedToken& token) {
    if (!added.contains(token.content) && contents.insert(token.content).second) further.push_back(token);
  };
  for (const auto& token : named) add_unless_there(token);
  for (const auto& token : config.additional) add_unless_there(token);
  added.add(further, model.tokens(), normalized);
  return added;
}

std::shared_ptr<const Tokenizer> assemble(TokenizerParts parts, const TokenizerConfig& config) {
  const auto named = named_tokens(parts, config);
  auto added = added_tokens(parts, config, named);
  const auto id_of = [&](std::size_t name) -> std::optional<std::int64_t> {
    if (named[name].content.empty()) return std::nullopt;
    const auto known = added.id(named[name].content);
    return known ? known : parts.model->tokens().id(named[name].content);
  };
  const SpecialTokens special{.begin = id_of(0),
                              .end = id_of(1),
                              .unknown = id_of(2),
                              .separator = id_of(3),
                              .padding = id_of(4),
                              .classifier = id_of(5),
                              .mask = id_of(6)};
  return std::make_shared<PieceTokenizer>(std::move(parts.model), std::move(added), std::move(parts.surround), special);
}

}  // namespace

bool has_tokenizer(const std::filesystem::path& folder) {
  return has_file(folder, "tokenizer.json") || has_file(folder, "vocab.txt") ||
         (has_file(folder, "vocab.json") && has_file(folder, "merges.txt"));
}

std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& folder, const TokenizerOptions& options) {
  if (!has_tokenizer(folder)) {
    throw Error(ErrorCode::io, folder.string() + " has no tokenizer: expected tokenizer.json, or vocab.txt, or " +
                                   "vocab.json and merges.txt");
  }
  auto config = read_tokenizer_config(folder);
  if (options.clean_up_spaces) config.clean_up_tokenization_spaces = options.clean_up_spaces;
  try {
    if (has_file(folder, "tokenizer.json"))
      return assemble(read_tokenizer_json(folder / "tokenizer.json", config), config);
    if (has_file(folder, "vocab.txt")) return assemble(read_vocab_txt(folder, config), config);
    return assemble(read_vocab_and_merges(folder, config), config);
  } catch (const Error& error) {
    const std::string what = error.what();
    if (what.find(folder.string()) != std::string::npos) throw;
    throw Error(error.code(), folder.string() + ": " + what);
  }
}

}  // namespace fovea::text
