/// @file Tokenizers from the files of a Hugging Face model folder.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "text/tokenizer.hpp"

namespace fovea::text {

struct TokenizerOptions {
  /// Takes spaces before punctuation and contractions out of decoded text, as transformers does on request; WordPiece
  /// only. Without a value, what tokenizer_config.json says ("clean_up_tokenization_spaces"), else no.
  std::optional<bool> clean_up_spaces;
};

/// Whether a folder has a vocabulary that load_tokenizer knows by its file names.
bool has_tokenizer(const std::filesystem::path& folder);

/// Reads tokenizer.json, else vocab.txt (WordPiece), else vocab.json and merges.txt (byte-level BPE), and what
/// tokenizer_config.json, special_tokens_map.json and added_tokens.json add to them, as transformers does. Two things
/// are not as there: special tokens that only its defaults name are not added to a vocabulary that lacks them, and
/// tokenizer.json is believed where the configuration does not speak of lower case, accents and the like.
/// @throws Error: io when files are missing; model when they are broken; unsupported, with its name, for a kind of
///         tokenizer that is not one of the two.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::filesystem::path& folder,
                                                const TokenizerOptions& options = {});

}  // namespace fovea::text
