/// @file How the authors of a model of transformers let it write: generation_config.json, or the same keys in
/// config.json.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fovea/captioner.hpp"
#include "nn/caption_tokens.hpp"
#include "nn/foreign_config.hpp"

namespace fovea::nn {

/// What such files say. Lengths count new tokens, that of the end included; max_length and min_length, which count the
/// token that begins a caption too, are one less here.
struct GenerationConfig {
  CaptionOptions options;  ///< transformers' own defaults where nothing is said: greedy, at most 20 tokens
  EarlyStopping early_stopping = EarlyStopping::no;
  std::optional<std::int64_t> begin;  ///< decoder_start_token_id, else bos_token_id
  std::vector<std::int64_t> ends;     ///< eos_token_id, one or several
  std::optional<std::int64_t> pad;
  std::vector<std::int64_t> forbidden;  ///< suppress_tokens
};

/// Reads them as transformers does: where generation_config.json is there, the other files say no more than tokens.
/// @param own generation_config.json, where it is there
/// @param others in the order in which they are asked: the first that has a key counts
/// @throws Error: model (a value out of range), unsupported (a way to search that Fovea does not know).
GenerationConfig read_generation_config(const std::optional<ForeignConfig>& own, std::span<const ForeignConfig> others);

}  // namespace fovea::nn
