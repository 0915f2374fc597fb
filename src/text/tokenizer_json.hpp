/// @file tokenizer.json, the one file of Hugging Face's tokenizers.
#pragma once

#include <filesystem>

#include "text/piece_tokenizer.hpp"
#include "text/tokenizer_config.hpp"

namespace fovea::text {

/// Reads WordPiece and byte-level BPE. Its "truncation" and "padding" are let be, as transformers does.
/// @param config goes before what the file says of lower case, accents, Chinese characters and the prefix space,
///        as in transformers
/// @throws Error: io; model when the file is broken; unsupported, with its name, for any other part of a tokenizer.
TokenizerParts read_tokenizer_json(const std::filesystem::path& path, const TokenizerConfig& config);

}  // namespace fovea::text
