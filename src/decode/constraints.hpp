/// @file Which words may not come next.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "fovea/captioner.hpp"

namespace fovea::decode {

/// Log-probability of a token that may not come next.
inline constexpr float kForbidden = -std::numeric_limits<float>::infinity();

/// Sets the log-probability of every token that may not follow `words` to kForbidden: padding, begin and unknown
/// always, the end token before CaptionOptions::min_length words, and what would repeat an n-gram.
/// `log_probs` holds one value per token of the vocabulary.
void forbid(std::span<const std::int64_t> words, const CaptionOptions& options, std::span<float> log_probs);

}  // namespace fovea::decode
