/// @file The beam of one image: its live hypotheses and those that have come to an end, by the rules of a library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "decode/hypothesis.hpp"
#include "fovea/captioner.hpp"
#include "nn/caption_tokens.hpp"

namespace fovea::decode {

/// Bookkeeping of beam search for one image; knows nothing of networks.
class Beam {
 public:
  virtual ~Beam() = default;

  /// Takes the step from hypotheses of n tokens to hypotheses of n + 1.
  /// `log_probs` [live().size(), vocabulary] is scratch: forbidden tokens are overwritten.
  virtual void advance(std::span<float> log_probs, std::size_t vocabulary) = 0;

  bool done() const noexcept { return live_.empty(); }

  /// The hypotheses that may still grow, the most likely first; before the first step the empty one.
  const std::vector<TokenHypothesis>& live() const noexcept { return live_; }
  /// For each hypothesis in live(): the number it grew from in live() before the last step.
  const std::vector<std::size_t>& origins() const noexcept { return origins_; }

  /// The captions found, at most CaptionOptions::top, best first. Call when done().
  virtual std::vector<TokenHypothesis> take_best() = 0;

 protected:
  struct Candidate {
    double log_prob;  ///< of the whole hypothesis with this token
    float token_log_prob;
    std::int64_t token;
    std::size_t origin;
  };

  /// Both must outlive the beam.
  Beam(const CaptionOptions& options, const nn::CaptionTokens& tokens) : options_(options), tokens_(tokens), live_(1) {}

  /// The `count` likeliest extensions of the live hypotheses by permitted tokens, best first, at most `per_origin` of
  /// each; ties by lower token, then by likelier origin.
  std::vector<Candidate> rank(std::span<float> log_probs, std::size_t vocabulary, std::size_t count,
                              std::size_t per_origin);
  /// The live hypothesis that a candidate comes from, with its token and its score for its length.
  TokenHypothesis grow(const Candidate& candidate) const;
  /// The live hypotheses of the next step.
  void live_on(std::vector<TokenHypothesis> next, std::vector<std::size_t> origins);

  std::size_t beam() const noexcept { return static_cast<std::size_t>(options_.beam); }

  const CaptionOptions& options_;
  const nn::CaptionTokens& tokens_;
  std::vector<TokenHypothesis> live_;

 private:
  std::vector<std::size_t> origins_;
};

/// A beam by `tokens.rules`. Both arguments must outlive it.
std::unique_ptr<Beam> make_beam(const CaptionOptions& options, const nn::CaptionTokens& tokens);

}  // namespace fovea::decode
