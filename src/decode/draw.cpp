#include "decode/draw.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace fovea::decode {
namespace {

struct Weight {
  double weight;
  std::int64_t token;
};

double sum(std::span<const Weight> weights) {
  double total = 0;
  for (const auto& weight : weights) total += weight.weight;
  return total;
}

/// The most likely tokens, best first, as many as the truncation leaves.
std::vector<Weight> truncate(std::span<const float> weights, const Truncation& truncation) {
  std::vector<Weight> kept;
  for (std::size_t token = 0; token < weights.size(); ++token) {
    if (weights[token] > 0) kept.push_back({weights[token], static_cast<std::int64_t>(token)});
  }
  const auto likelier = [](const Weight& a, const Weight& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.token < b.token;
  };
  const auto limit = truncation.top_k > 0 ? static_cast<std::size_t>(truncation.top_k) : kept.size();
  const auto count = std::min(limit, kept.size());
  std::partial_sort(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(count), kept.end(), likelier);
  kept.resize(count);
  if (truncation.top_p < 1) {
    const double nucleus = truncation.top_p * sum(kept);
    double cumulative = 0;
    std::size_t needed = 0;
    while (needed < kept.size() && cumulative < nucleus) cumulative += kept[needed++].weight;
    kept.resize(needed);
  }
  return kept;
}

/// Inverts the cumulative distribution of what truncate() left.
std::int64_t invert(std::span<const Weight> weights, double uniform) {
  const double target = uniform * sum(weights);
  double cumulative = 0;
  for (const auto& weight : weights) {
    cumulative += weight.weight;
    if (target < cumulative) return weight.token;
  }
  return weights.back().token;  // rounding
}

/// The same in the order of the tokens, without a copy: training draws from whole vocabularies.
std::int64_t invert(std::span<const float> weights, double uniform) {
  double total = 0;
  for (const float weight : weights) total += weight;
  const double target = uniform * total;
  double cumulative = 0;
  std::size_t last = 0;
  for (std::size_t token = 0; token < weights.size(); ++token) {
    if (!(weights[token] > 0)) continue;
    cumulative += weights[token];
    last = token;
    if (target < cumulative) break;
  }
  return static_cast<std::int64_t>(last);
}

}  // namespace

std::int64_t draw(std::span<const float> weights, const Truncation& truncation, double uniform) {
  if (truncation.top_k == 0 && truncation.top_p >= 1) return invert(weights, uniform);
  return invert(truncate(weights, truncation), uniform);
}

}  // namespace fovea::decode
