/// @file The beam of one image: its live hypotheses and those that have come to an end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "decode/hypothesis.hpp"
#include "fovea/captioner.hpp"

namespace fovea::decode {

/// Bookkeeping of beam search for one image; knows nothing of networks. See beam_search() for the rules.
class Beam {
 public:
  explicit Beam(const CaptionOptions& options) : options_(options), live_(1) {}

  /// Takes the step from hypotheses of n tokens to hypotheses of n + 1.
  /// `log_probs` [live().size(), vocabulary] is scratch: forbidden tokens are overwritten.
  void advance(std::span<float> log_probs, std::size_t vocabulary);

  bool done() const noexcept { return live_.empty(); }

  /// The hypotheses that may still grow, the most likely first; before the first step the empty one.
  const std::vector<TokenHypothesis>& live() const noexcept { return live_; }
  /// For each hypothesis in live(): the number it grew from in live() before the last step.
  const std::vector<std::size_t>& origins() const noexcept { return origins_; }

  /// The captions found, see beam_search(). Call when done().
  std::vector<TokenHypothesis> take_best();

 private:
  struct Candidate {
    double log_prob;  ///< of the whole hypothesis with this token
    float token_log_prob;
    std::int64_t token;
    std::size_t origin;
  };

  /// True when `a` comes before `b`: the more likely, then the lower token id, then the likelier origin.
  static bool before(const Candidate& a, const Candidate& b) noexcept;

  /// The candidates that can matter, best first: the 2 * beam best, which hold `beam` that do not end.
  std::vector<Candidate> rank(std::span<float> log_probs, std::size_t vocabulary);
  /// The live hypothesis that a candidate comes from, with its token.
  TokenHypothesis grow(const Candidate& candidate) const;
  /// Score of the `place`-th best finished hypothesis (from 1); minus infinity when there are fewer.
  double finished_score(std::size_t place);
  /// Whether the search may end although hypotheses live.
  bool settled();

  CaptionOptions options_;
  std::vector<TokenHypothesis> live_;
  std::vector<std::size_t> origins_;
  std::vector<TokenHypothesis> finished_;
  std::vector<TokenHypothesis> unfinished_;  ///< the last live ones, when they could not go on
};

}  // namespace fovea::decode
