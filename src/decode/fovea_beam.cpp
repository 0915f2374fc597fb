#include "decode/fovea_beam.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace fovea::decode {

void FoveaBeam::advance(std::span<float> log_probs, std::size_t vocabulary) {
  const bool full = live_.front().tokens.size() >= static_cast<std::size_t>(options_.max_length);
  // The 2 * beam best hold `beam` that do not end; of each origin the end tokens may be among the best.
  const auto candidates = rank(log_probs, vocabulary, 2 * beam(), beam() + tokens_.ends.size());
  std::vector<TokenHypothesis> next;
  std::vector<std::size_t> origins;
  std::vector<char> ended(live_.size(), 0);
  for (std::size_t place = 0; place < candidates.size(); ++place) {
    const auto& candidate = candidates[place];
    if (tokens_.is_end(candidate.token)) {
      // An end behind `beam` better extensions does not count: else one beam would not be greedy.
      if (place >= beam()) continue;
      finished_.push_back(grow(candidate));
      ended[candidate.origin] = 1;
    } else if (!full && next.size() < beam()) {
      next.push_back(grow(candidate));
      origins.push_back(candidate.origin);
    }
  }
  if (next.empty()) {  // max_length is reached, or nothing is permitted to follow
    for (std::size_t origin = 0; origin < live_.size(); ++origin) {
      if (!ended[origin]) unfinished_.push_back(std::move(live_[origin]));
    }
  }
  live_on(std::move(next), std::move(origins));
  if (!live_.empty() && settled()) live_.clear();
}

double FoveaBeam::finished_score(std::size_t place) {
  if (finished_.size() < place) return -std::numeric_limits<double>::infinity();
  const auto nth = finished_.begin() + static_cast<std::ptrdiff_t>(place - 1);
  std::nth_element(finished_.begin(), nth, finished_.end(), better);
  return nth->score;
}

bool FoveaBeam::settled() {
  // Comparing at the present length is no proof that nothing better can come. It is the better rule all the same:
  // waiting for the proof below takes 30% more rows and finds longer captions, which lost 0.5 BLEU-4 and 0.017 CIDEr
  // on the Flickr8k validation photos at beam 3. And a beam of one could go on behind its end, which greedy never does.
  if (live_.front().score <= finished_score(beam())) return true;
  // A log-probability only falls, so the best a live hypothesis can reach is its present one over the full length.
  const auto longest = static_cast<std::size_t>(options_.max_length) + 1;
  const double reachable = length_normalised(live_.front().log_prob, longest, options_.length_penalty);
  return reachable < finished_score(static_cast<std::size_t>(options_.top));
}

std::vector<TokenHypothesis> FoveaBeam::take_best() {
  auto best = std::move(finished_);
  best.insert(best.end(), std::make_move_iterator(unfinished_.begin()), std::make_move_iterator(unfinished_.end()));
  std::sort(best.begin(), best.end(), better);
  if (best.size() > static_cast<std::size_t>(options_.top)) best.resize(static_cast<std::size_t>(options_.top));
  return best;
}

}  // namespace fovea::decode
