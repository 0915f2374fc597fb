/// @file One draw from a distribution over the vocabulary.
#pragma once

#include <cstdint>
#include <span>

namespace fovea::decode {

/// What is left of a distribution before a word is drawn from it. Ties at the border go to the lower token id.
struct Truncation {
  int top_k = 0;       ///< only the k most likely tokens (0: all)
  double top_p = 1.0;  ///< only the most likely tokens that together reach this part of what top_k leaves
};

/// Draws a token by inverting the cumulative distribution at `uniform`, in [0, 1).
/// `weights`: not negative, one per token, at least one above 0; they need not sum to 1.
std::int64_t draw(std::span<const float> weights, const Truncation& truncation, double uniform);

}  // namespace fovea::decode
