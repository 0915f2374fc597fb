/// @file Beam search by Fovea's own rules, see beam_search().
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "decode/beam.hpp"

namespace fovea::decode {

class FoveaBeam final : public Beam {
 public:
  FoveaBeam(const CaptionOptions& options, const nn::CaptionTokens& tokens) : Beam(options, tokens) {}

  void advance(std::span<float> log_probs, std::size_t vocabulary) override;
  std::vector<TokenHypothesis> take_best() override;

 private:
  /// Score of the `place`-th best finished hypothesis (from 1); minus infinity when there are fewer.
  double finished_score(std::size_t place);
  /// Whether the search may end although hypotheses live.
  bool settled();

  std::vector<TokenHypothesis> finished_;
  std::vector<TokenHypothesis> unfinished_;  ///< the last live ones, when they could not go on
};

}  // namespace fovea::decode
