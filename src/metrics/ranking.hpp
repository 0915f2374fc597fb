/// @file Areas under curves, from counts in the order of falling scores.
#pragma once

#include <optional>
#include <vector>

namespace fovea::metrics {

/// Positives and negatives of one score; weights are allowed in the place of counts.
struct RankingStep {
  double positives = 0;
  double negatives = 0;
};

/// @param steps of falling scores, one for all that share a score: so ties count half
/// @return nothing unless there are positives and negatives
std::optional<double> area_under_roc(const std::vector<RankingStep>& steps);

/// The area up to a false positive rate, divided by that rate: 1 for a perfect ranking.
std::optional<double> area_under_roc(const std::vector<RankingStep>& steps, double max_false_positive_rate);

/// Sum over steps of the rise in recall times the precision there.
/// @return nothing without positives
std::optional<double> average_precision(const std::vector<RankingStep>& steps);

}  // namespace fovea::metrics
