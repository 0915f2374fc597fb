/// @file One way through the words of a caption, as the searches follow it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fovea::decode {

/// A caption, or the beginning of one, in tokens.
struct TokenHypothesis {
  std::vector<std::int64_t> tokens;  ///< without the prompt; the last one is an end token if `finished`
  std::vector<float> log_probs;      ///< natural log of the model's own probability of each token
  double log_prob = 0;               ///< sum of log_probs
  double score = 0;                  ///< what captions are ranked by: length_normalised()
  bool finished = false;             ///< an end token was reached

  /// The tokens without the end token.
  std::span<const std::int64_t> words() const noexcept {
    return std::span(tokens).first(tokens.size() - (finished ? 1 : 0));
  }
};

/// log_prob / length^penalty; `length` counts the end token. A hypothesis without tokens counts as one of length 1.
double length_normalised(double log_prob, std::size_t length, double penalty);

/// Appends a token. @param is_end whether it finishes the hypothesis
void extend(TokenHypothesis& hypothesis, std::int64_t token, float log_prob, bool is_end);

/// The order in which captions are returned: finished before unfinished, then the higher score, then the lower token
/// ids.
bool better(const TokenHypothesis& a, const TokenHypothesis& b);

}  // namespace fovea::decode
