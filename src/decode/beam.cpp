#include "decode/beam.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "decode/constraints.hpp"
#include "decode/fovea_beam.hpp"
#include "decode/transformers_beam.hpp"

namespace fovea::decode {
namespace {

struct TokenScore {
  float log_prob;
  std::int64_t token;
};

/// The `count` best permitted tokens of one row, best first, ties by lower id. One comparison per token of the
/// vocabulary, nearly always with the same outcome: a heap or a sort would be slower for the small counts of a beam.
std::vector<TokenScore> best_tokens(std::span<const float> log_probs, std::size_t count) {
  std::vector<TokenScore> best;
  best.reserve(count + 1);
  float threshold = kForbidden;
  for (std::size_t token = 0; token < log_probs.size(); ++token) {
    const float value = log_probs[token];
    if (!(value > threshold)) continue;
    auto place = best.end();
    while (place != best.begin() && std::prev(place)->log_prob < value) --place;
    best.insert(place, {value, static_cast<std::int64_t>(token)});
    if (best.size() > count) best.pop_back();
    if (best.size() == count) threshold = best.back().log_prob;
  }
  return best;
}

}  // namespace

std::vector<Beam::Candidate> Beam::rank(std::span<float> log_probs, std::size_t vocabulary, std::size_t count,
                                        std::size_t per_origin) {
  std::vector<Candidate> candidates;
  for (std::size_t origin = 0; origin < live_.size(); ++origin) {
    const auto row = log_probs.subspan(origin * vocabulary, vocabulary);
    forbid(live_[origin].tokens, options_, tokens_, row);
    for (const auto& best : best_tokens(row, per_origin)) {
      candidates.push_back({live_[origin].log_prob + best.log_prob, best.log_prob, best.token, origin});
    }
  }
  count = std::min(candidates.size(), count);
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count), candidates.end(),
                    [](const Candidate& a, const Candidate& b) {
                      if (a.log_prob != b.log_prob) return a.log_prob > b.log_prob;
                      if (a.token != b.token) return a.token < b.token;
                      return a.origin < b.origin;
                    });
  candidates.resize(count);
  return candidates;
}

TokenHypothesis Beam::grow(const Candidate& candidate) const {
  TokenHypothesis hypothesis = live_[candidate.origin];
  extend(hypothesis, candidate.token, candidate.token_log_prob, tokens_.is_end(candidate.token));
  hypothesis.score = length_normalised(hypothesis.log_prob, hypothesis.tokens.size(), options_.length_penalty);
  return hypothesis;
}

void Beam::live_on(std::vector<TokenHypothesis> next, std::vector<std::size_t> origins) {
  live_ = std::move(next);
  origins_ = std::move(origins);
}

std::unique_ptr<Beam> make_beam(const CaptionOptions& options, const nn::CaptionTokens& tokens) {
  if (tokens.rules == nn::SearchRules::transformers) return std::make_unique<TransformersBeam>(options, tokens);
  return std::make_unique<FoveaBeam>(options, tokens);
}

}  // namespace fovea::decode
