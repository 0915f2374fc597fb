#include "metrics/ranking.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>

#include "fovea/highlight_metrics.hpp"
#include "metrics/checks.hpp"

namespace fovea::metrics {
namespace {

RankingStep total_of(const std::vector<RankingStep>& steps) {
  RankingStep total;
  for (const auto& step : steps) {
    total.positives += step.positives;
    total.negatives += step.negatives;
  }
  return total;
}

void check(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  require_same_size("the list of scores", scores.size(), "that of classes", positive.size());
  require_finite("the scores", scores);
}

std::vector<RankingStep> steps_of(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  check(scores, positive);
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::vector<RankingStep> steps;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || scores[order[i]] != scores[order[i - 1]]) steps.emplace_back();
    (positive[order[i]] != 0 ? steps.back().positives : steps.back().negatives) += 1;
  }
  return steps;
}

std::optional<double> ratio(std::int64_t part, std::int64_t whole) noexcept {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::optional<double> area_under_roc(const std::vector<RankingStep>& steps) { return area_under_roc(steps, 1); }

std::optional<double> area_under_roc(const std::vector<RankingStep>& steps, double max_false_positive_rate) {
  const auto total = total_of(steps);
  if (total.positives <= 0 || total.negatives <= 0) return std::nullopt;
  const double end = max_false_positive_rate * total.negatives;
  double area = 0;
  RankingStep before;
  for (const auto& step : steps) {
    // The curve is a straight line within a step.
    const double width = std::min(step.negatives, end - before.negatives);
    const double rise = step.negatives > 0 ? step.positives * (width / step.negatives) : 0;
    area += width * (before.positives + rise / 2);
    before.positives += step.positives;
    before.negatives += step.negatives;
    if (before.negatives >= end) break;
  }
  return area / (total.positives * end);
}

std::optional<double> average_precision(const std::vector<RankingStep>& steps) {
  const auto total = total_of(steps);
  if (total.positives <= 0) return std::nullopt;
  double sum = 0;
  RankingStep before;
  for (const auto& step : steps) {
    before.positives += step.positives;
    before.negatives += step.negatives;
    if (step.positives > 0) sum += step.positives * before.positives / (before.positives + before.negatives);
  }
  return sum / total.positives;
}

std::optional<double> auroc(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  return area_under_roc(steps_of(scores, positive));
}

std::optional<double> average_precision(std::span<const double> scores, std::span<const std::uint8_t> positive) {
  return average_precision(steps_of(scores, positive));
}

std::optional<double> DecisionCounts::sensitivity() const noexcept {
  return ratio(true_positives, true_positives + false_negatives);
}

std::optional<double> DecisionCounts::specificity() const noexcept {
  return ratio(true_negatives, true_negatives + false_positives);
}

std::optional<double> DecisionCounts::precision() const noexcept {
  return ratio(true_positives, true_positives + false_positives);
}

std::optional<double> DecisionCounts::f1() const noexcept {
  return ratio(2 * true_positives, 2 * true_positives + false_positives + false_negatives);
}

DecisionCounts decide(std::span<const double> scores, std::span<const std::uint8_t> positive, double threshold) {
  check(scores, positive);
  require_finite("the threshold", std::span<const double>(&threshold, 1));
  DecisionCounts counts;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const bool called = scores[i] >= threshold;
    if (positive[i] != 0) {
      ++(called ? counts.true_positives : counts.false_negatives);
    } else {
      ++(called ? counts.false_positives : counts.true_negatives);
    }
  }
  return counts;
}

}  // namespace fovea::metrics
