/// @file Which words may not come next.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "fovea/captioner.hpp"
#include "nn/caption_tokens.hpp"

namespace fovea::decode {

/// Log-probability of a token that may not come next.
inline constexpr float kForbidden = -std::numeric_limits<float>::infinity();

/// Sets the log-probability of every token that may not follow `words` to kForbidden: `tokens.forbidden` always, the
/// end tokens before CaptionOptions::min_length words, and what would repeat an n-gram of the prompt and the words.
/// `log_probs` holds one value per token of the vocabulary.
void forbid(std::span<const std::int64_t> words, const CaptionOptions& options, const nn::CaptionTokens& tokens,
            std::span<float> log_probs);

}  // namespace fovea::decode
