#include "text/tokenizer_json.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "fovea/error.hpp"
#include "text/byte_level_bpe.hpp"
#include "text/post_processor.hpp"
#include "text/tokenizer_fields.hpp"
#include "text/vocabulary_files.hpp"
#include "text/word_piece.hpp"

namespace fovea::text {
namespace {

/// The "type" of a part; "none" when the part is null or missing.
std::string type_of(const Fields& file, const char* part) {
  return file.has(part) ? file.child(part).child("type").text() : "none";
}

/// Refuses a part of another type than the expected one.
Fields part_of_type(const Fields& file, const char* part, const std::string& expected) {
  const auto type = type_of(file, part);
  if (type != expected) file.unsupported(std::string(part) + " " + type, expected);
  return file.child(part);
}

/// Views into the JSON.
std::vector<Merge> read_merges(const Fields& merges) {
  std::vector<Merge> list;
  list.reserve(merges.list().json().size());
  for (std::size_t i = 0; i < merges.json().size(); ++i) {
    const auto& merge = merges.json()[i];
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      list.emplace_back(merge[0].get_ref<const std::string&>(), merge[1].get_ref<const std::string&>());
    } else if (merge.is_string()) {
      const auto pair = parse_merge(merge.get_ref<const std::string&>());
      if (!pair)
        merges.element(i).fail("expected two tokens with a space between, found " +
                               in_quotes(merge.get_ref<const std::string&>()));
      list.push_back(*pair);
    } else {
      merges.element(i).fail("expected two tokens");
    }
  }
  return list;
}

std::optional<BertNormalizer> read_normalizer(const Fields& file, const TokenizerConfig& config) {
  if (!file.has("normalizer")) return std::nullopt;
  const auto fields = part_of_type(file, "normalizer", "BertNormalizer");
  BertNormalizer normalizer;
  normalizer.clean = fields.boolean_or("clean_text", true);
  normalizer.space_ideographs = config.tokenize_chinese_chars.value_or(fields.boolean_or("handle_chinese_chars", true));
  normalizer.lower_case = config.do_lower_case.value_or(fields.boolean_or("lowercase", true));
  normalizer.strip_accents = config.strip_accents ? config.strip_accents : fields.boolean_or_none("strip_accents");
  return normalizer;
}

std::unique_ptr<const PieceModel> read_word_piece(const Fields& file, const TokenizerConfig& config) {
  const auto model = file.child("model");
  WordPieceOptions options;
  options.unknown = model.child("unk_token").text();
  options.prefix = model.child("continuing_subword_prefix").text();
  const auto longest = model.child("max_input_chars_per_word");
  if (longest.integer() < 0) longest.fail("is " + longest.json().dump() + ", expected 0 or more");
  options.longest_word = static_cast<std::size_t>(longest.integer());
  options.normalizer = read_normalizer(file, config);
  part_of_type(file, "pre_tokenizer", "BertPreTokenizer");
  options.joins = file.has("decoder");
  if (options.joins) {
    const auto decoder = part_of_type(file, "decoder", "WordPiece");
    options.join_prefix = decoder.child("prefix").text();
    options.clean_up_tokens = decoder.child("cleanup").boolean();
  }
  options.clean_up_text = config.clean_up_tokenization_spaces.value_or(false);
  return std::make_unique<WordPiece>(read_vocabulary(model.child("vocab")), std::move(options));
}

/// Refuses an option of BPE that byte-level tokenizers do without.
void refuse_text_option(const Fields& model, const char* name) {
  if (!model.text_or_none(name).value_or("").empty())
    model.unsupported(std::string(name) + " " + in_quotes(model.child(name).text()), "none");
}

std::unique_ptr<const PieceModel> read_bpe(const Fields& file, const TokenizerConfig& config) {
  const auto model = file.child("model");
  refuse_text_option(model, "continuing_subword_prefix");
  refuse_text_option(model, "end_of_word_suffix");
  if (model.boolean_or("byte_fallback", false)) model.unsupported("byte_fallback", "false");
  if (model.has("dropout") && model.child("dropout").json() != 0) model.unsupported("dropout", "none");
  if (file.has("normalizer")) file.unsupported("normalizer " + type_of(file, "normalizer") + " with BPE", "none");
  part_of_type(file, "decoder", "ByteLevel");
  const auto splitting = part_of_type(file, "pre_tokenizer", "ByteLevel");

  ByteLevelBpeOptions options;
  options.add_prefix_space = config.add_prefix_space.value_or(splitting.child("add_prefix_space").boolean());
  options.splits = splitting.boolean_or("use_regex", true);
  options.ignore_merges = model.boolean_or("ignore_merges", false);
  options.unknown = model.text_or_none("unk_token");
  options.fuse_unknown = model.boolean_or("fuse_unk", false);
  return std::make_unique<ByteLevelBpe>(read_vocabulary(model.child("vocab")), read_merges(model.child("merges")),
                                        std::move(options));
}

/// Files of early versions do not say it.
std::string type_of_model(const Fields& model) {
  if (model.object().has("type")) return model.child("type").text();
  if (model.has("merges")) return "BPE";
  if (model.has("max_input_chars_per_word")) return "WordPiece";
  return "without a type";
}

std::vector<AddedToken> read_added_tokens(const Fields& file) {
  std::vector<AddedToken> added;
  if (!file.has("added_tokens")) return added;
  const auto list = file.child("added_tokens");
  for (std::size_t i = 0; i < list.list().json().size(); ++i) {
    const auto token = list.element(i).object();
    const auto id = token.child("id");
    if (id.integer() < 0 || id.integer() >= TokenTable::kIdLimit) {
      id.fail("is " + id.json().dump() + ", expected an id from 0 to " + std::to_string(TokenTable::kIdLimit - 1));
    }
    added.push_back(read_added_token(token, false));
    added.back().id = id.integer();
  }
  return added;
}

}  // namespace

TokenizerParts read_tokenizer_json(const std::filesystem::path& path, const TokenizerConfig& config) {
  const auto json = read_json(path);
  const Fields file(json, path.string());
  if (const auto version = file.text_or_none("version"); version && *version != "1.0")
    file.unsupported("version " + in_quotes(*version), "\"1.0\"");

  TokenizerParts parts;
  const auto type = type_of_model(file.child("model"));
  try {
    if (type == "WordPiece")
      parts.model = read_word_piece(file, config);
    else if (type == "BPE")
      parts.model = read_bpe(file, config);
  } catch (const Error& error) {
    const std::string what = error.what();
    throw Error(error.code(), what.starts_with(path.string()) ? what : path.string() + ": " + what);
  }
  if (parts.model == nullptr) file.unsupported("model " + type, "WordPiece or byte-level BPE");
  parts.added = read_added_tokens(file);
  if (file.has("post_processor")) parts.surround = read_post_processor(file.child("post_processor"));
  return parts;
}

}  // namespace fovea::text
