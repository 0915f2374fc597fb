/// @file The vocabularies of tokenizers, and those that come without tokenizer.json.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "text/byte_level_bpe.hpp"
#include "text/piece_tokenizer.hpp"
#include "text/tokenizer_config.hpp"
#include "text/tokenizer_fields.hpp"

namespace fovea::text {

/// Ids by token. @throws Error: model.
TokenTable read_vocabulary(const Fields& vocabulary);

/// Two tokens with a space between them, as views into the line; nothing for other lines.
std::optional<Merge> parse_merge(std::string_view line);

/// BERT's vocab.txt: a token a line, the line number is the id. Of a token that stands there twice the last line
/// counts and the first one leaves a hole, as in tokenizers.
/// @throws Error: io, model.
TokenizerParts read_vocab_txt(const std::filesystem::path& folder, const TokenizerConfig& config);

/// GPT-2's vocab.json (ids by token) and merges.txt (two tokens a line).
/// @throws Error: io, model.
TokenizerParts read_vocab_and_merges(const std::filesystem::path& folder, const TokenizerConfig& config);

}  // namespace fovea::text
