#include "decode/transformers_beam.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace fovea::decode {

void TransformersBeam::advance(std::span<float> log_probs, std::size_t vocabulary) {
  const auto looked_at = beam() == 1 ? 1 : std::max<std::size_t>(2, 1 + tokens_.ends.size()) * beam();
  const auto candidates = rank(log_probs, vocabulary, looked_at, looked_at);
  std::vector<TokenHypothesis> next;
  std::vector<std::size_t> origins;
  for (std::size_t place = 0; place < candidates.size(); ++place) {
    auto grown = grow(candidates[place]);
    if (grown.finished || grown.tokens.size() >= static_cast<std::size_t>(options_.max_length)) {
      if (place < beam()) finish(std::move(grown));
    } else if (next.size() < beam()) {
      next.push_back(std::move(grown));
      origins.push_back(candidates[place].origin);
    }
  }
  // Nothing is permitted to follow: what there is must do.
  if (candidates.empty()) std::for_each(live_.begin(), live_.end(), [&](auto& hypothesis) { finish(hypothesis); });
  live_on(std::move(next), std::move(origins));
  if (!done() && full() && (tokens_.early_stopping == nn::EarlyStopping::yes || !can_improve())) live_on({}, {});
}

void TransformersBeam::finish(TokenHypothesis hypothesis) {
  // One that is as good as another stays behind it.
  const auto place = std::find_if(finished_.begin(), finished_.end(),
                                  [&](const TokenHypothesis& other) { return other.score < hypothesis.score; });
  if (place == finished_.end() && full()) return;
  finished_.insert(place, std::move(hypothesis));
  if (finished_.size() > beam()) finished_.pop_back();
}

bool TransformersBeam::can_improve() const {
  if (beam() == 1) return false;  // greedy
  const bool at_longest = tokens_.early_stopping == nn::EarlyStopping::never && options_.length_penalty > 0;
  const auto length = at_longest ? static_cast<std::size_t>(options_.max_length) : live_.front().tokens.size();
  return length_normalised(live_.front().log_prob, length, options_.length_penalty) > finished_.back().score;
}

std::vector<TokenHypothesis> TransformersBeam::take_best() {
  auto best = std::move(finished_);
  if (best.size() > static_cast<std::size_t>(options_.top)) best.resize(static_cast<std::size_t>(options_.top));
  return best;
}

}  // namespace fovea::decode
