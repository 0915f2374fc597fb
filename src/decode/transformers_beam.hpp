/// @file Beam search by the rules of Hugging Face's transformers, whose generate() the models of its hub are made for.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "decode/beam.hpp"

namespace fovea::decode {

/// With one beam it is greedy search: the likeliest token until an end token. With more, in each step the
/// (1 + number of end tokens) * beam likeliest extensions of all live hypotheses are looked at (at least 2 * beam);
/// those that end, or reach max_length, among the `beam` likeliest are finished, the `beam` likeliest of the others
/// live on. The `beam` best finished ones are kept, by log-probability / length^length_penalty, where the length counts
/// the end token and not the prompt. The search is over as `tokens.early_stopping` says, or at max_length tokens, end
/// included.
class TransformersBeam final : public Beam {
 public:
  TransformersBeam(const CaptionOptions& options, const nn::CaptionTokens& tokens) : Beam(options, tokens) {}

  void advance(std::span<float> log_probs, std::size_t vocabulary) override;
  std::vector<TokenHypothesis> take_best() override;

 private:
  void finish(TokenHypothesis hypothesis);
  bool full() const noexcept { return finished_.size() == beam(); }
  /// Whether the likeliest live hypothesis may still become one of the best finished ones.
  bool can_improve() const;

  std::vector<TokenHypothesis> finished_;  ///< at most `beam`, best first
};

}  // namespace fovea::decode
