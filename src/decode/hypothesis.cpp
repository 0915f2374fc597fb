#include "decode/hypothesis.hpp"

#include <algorithm>
#include <cmath>

namespace fovea::decode {

double length_normalised(double log_prob, std::size_t length, double penalty) {
  return log_prob / std::pow(static_cast<double>(std::max<std::size_t>(length, 1)), penalty);
}

void extend(TokenHypothesis& hypothesis, std::int64_t token, float log_prob, bool is_end) {
  hypothesis.tokens.push_back(token);
  hypothesis.log_probs.push_back(log_prob);
  hypothesis.log_prob += log_prob;
  hypothesis.finished = is_end;
}

bool better(const TokenHypothesis& a, const TokenHypothesis& b) {
  if (a.finished != b.finished) return a.finished;
  if (a.score != b.score) return a.score > b.score;
  return a.tokens < b.tokens;
}

}  // namespace fovea::decode
