#include "text/vocabulary_files.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fovea/error.hpp"
#include "text/character_classes.hpp"
#include "text/unicode.hpp"
#include "text/word_piece.hpp"

namespace fovea::text {
namespace {

/// The lines of a text without their ends, which may be those of Windows.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    auto line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    begin = end + 1;
  }
  return lines;
}

/// A line of vocab.txt without the white space at its end.
std::string_view trimmed(std::string_view line) {
  std::size_t end = 0;  // of what is kept
  for (std::size_t i = 0; i < line.size();)
    if (!is_white_space(next_code_point(line, i))) end = i;
  return line.substr(0, end);
}

/// Refuses to read a vocabulary by rules that its class does not follow.
template <std::size_t N>
void check_class(const TokenizerConfig& config, const std::array<std::string_view, N>& known, const char* file) {
  std::string_view name = config.tokenizer_class;
  if (name.ends_with("Fast")) name.remove_suffix(4);
  if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
  throw Error(ErrorCode::unsupported, "tokenizer_class " + in_quotes(name) + " is not supported with " + file +
                                          "; save the tokenizer with transformers, which writes tokenizer.json");
}

/// The id of a special token that is put around a text, by the name it has in `config`.
std::int64_t id_of(const TokenTable& tokens, const TokenizerConfig& config, const char* name, const char* otherwise) {
  const auto named = config.named.find(name);
  const std::string& content = named == config.named.end() ? otherwise : named->second.content;
  const auto id = tokens.id(content);
  if (id) return *id;
  throw Error(ErrorCode::model, "the " + std::string(name) + " " + in_quotes(content) + " is not in the vocabulary");
}

/// The merges in the text of merges.txt, as views into it. `path` is for messages.
std::vector<Merge> read_merges_txt(std::string_view text, const std::filesystem::path& path) {
  const auto lines = lines_of(text);
  std::vector<Merge> merges;
  merges.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with("#version")) continue;
    const auto merge = parse_merge(lines[i]);
    if (!merge) {
      throw Error(ErrorCode::model, path.string() + ":" + std::to_string(i + 1) +
                                        ": expected two tokens with a space between, found " + in_quotes(lines[i]));
    }
    merges.push_back(*merge);
  }
  return merges;
}

}  // namespace

TokenTable read_vocabulary(const Fields& vocabulary) {
  TokenTable tokens;
  tokens.reserve(vocabulary.object().json().size());
  for (const auto& [token, id] : vocabulary.json().items()) {
    if (!id.is_number_integer()) Fields(id, vocabulary.where() + ": " + in_quotes(token)).integer();  // says what it is
    try {
      tokens.add(token, Fields(id, vocabulary.where()).integer());
    } catch (const Error& error) {
      throw Error(error.code(), vocabulary.where() + ": " + error.what());
    }
  }
  return tokens;
}

std::optional<Merge> parse_merge(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) return std::nullopt;
  return Merge(line.substr(0, space), line.substr(space + 1));
}

TokenizerParts read_vocab_txt(const std::filesystem::path& folder, const TokenizerConfig& config) {
  constexpr std::array<std::string_view, 4> kClasses{"BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer",
                                                     "MobileBertTokenizer"};
  check_class(config, kClasses, "vocab.txt");
  const auto text = read_text(folder / "vocab.txt");
  if (valid_utf8(text) != text) throw Error(ErrorCode::model, "the vocabulary is not valid UTF-8");
  auto lines = lines_of(text);
  std::unordered_map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < lines.size(); ++i) last[lines[i] = trimmed(lines[i])] = i;
  TokenTable tokens;
  tokens.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (last[lines[i]] == i) tokens.add(lines[i], static_cast<std::int64_t>(i));

  TokenizerParts parts;
  parts.surround.before = {id_of(tokens, config, "cls_token", "[CLS]")};
  parts.surround.after = {id_of(tokens, config, "sep_token", "[SEP]")};
  WordPieceOptions options;
  if (const auto unknown = config.named.find("unk_token"); unknown != config.named.end())
    options.unknown = unknown->second.content;
  options.normalizer->lower_case = config.do_lower_case.value_or(true);
  options.normalizer->space_ideographs = config.tokenize_chinese_chars.value_or(true);
  options.normalizer->strip_accents = config.strip_accents;
  options.clean_up_text = config.clean_up_tokenization_spaces.value_or(false);
  parts.model = std::make_unique<WordPiece>(std::move(tokens), std::move(options));
  return parts;
}

TokenizerParts read_vocab_and_merges(const std::filesystem::path& folder, const TokenizerConfig& config) {
  constexpr std::array<std::string_view, 2> kClasses{"GPT2Tokenizer", "RobertaTokenizer"};
  check_class(config, kClasses, "vocab.json and merges.txt");
  const auto json = read_json(folder / "vocab.json");
  auto tokens = read_vocabulary({json, (folder / "vocab.json").string()});
  const auto text = read_text(folder / "merges.txt");
  const auto merges = read_merges_txt(text, folder / "merges.txt");

  TokenizerParts parts;
  auto& [before, after] = parts.surround;
  if (config.tokenizer_class.starts_with("Roberta")) {
    before = {id_of(tokens, config, "cls_token", "<s>")};
    after = {id_of(tokens, config, "sep_token", "</s>")};
  } else {
    if (config.add_bos_token) before = {id_of(tokens, config, "bos_token", "<|endoftext|>")};
    if (config.add_eos_token) after = {id_of(tokens, config, "eos_token", "<|endoftext|>")};
  }
  ByteLevelBpeOptions options;
  options.add_prefix_space = config.add_prefix_space.value_or(false);
  parts.model = std::make_unique<ByteLevelBpe>(std::move(tokens), merges, std::move(options));
  return parts;
}

}  // namespace fovea::text
