#include <algorithm>
#include <cmath>
#include <string>

#include "fovea/highlight_metrics.hpp"
#include "metrics/checks.hpp"

namespace fovea::metrics {
namespace {

void check(const LabelPredictions& predictions) {
  if (predictions.labels < 2) {
    throw Error(ErrorCode::usage, "labels is " + std::to_string(predictions.labels) + ": expected at least 2");
  }
  const auto labels = static_cast<std::size_t>(predictions.labels);
  require_same_size("the list of probabilities", predictions.probabilities.size(), "that of true labels, times labels,",
                    predictions.truth.size() * labels);
  const std::span<const double> probabilities(predictions.probabilities);
  require_probabilities("the probabilities", probabilities);
  for (std::size_t i = 0; i < predictions.truth.size(); ++i) {
    const int truth = predictions.truth[i];
    if (truth < 0 || truth >= predictions.labels) {
      throw Error(ErrorCode::usage, "the true label of image " + std::to_string(i) + " is " + std::to_string(truth) +
                                        ": expected 0 to " + std::to_string(predictions.labels - 1));
    }
    double sum = 0;
    for (const double p : probabilities.subspan(i * labels, labels)) sum += p;
    if (std::abs(sum - 1) > 1e-3) {
      throw Error(ErrorCode::usage, "the probabilities of image " + std::to_string(i) + " sum to " +
                                        std::to_string(sum) + ": expected 1");
    }
  }
}

/// One label against the rest.
LabelScore score_label(const LabelPredictions& predictions, const std::vector<int>& likeliest, int label) {
  const std::size_t images = predictions.truth.size();
  std::vector<double> scores(images);
  std::vector<double> called(images);
  std::vector<std::uint8_t> positive(images);
  for (std::size_t i = 0; i < images; ++i) {
    scores[i] =
        predictions.probabilities[i * static_cast<std::size_t>(predictions.labels) + static_cast<std::size_t>(label)];
    called[i] = likeliest[i] == label ? 1 : 0;
    positive[i] = predictions.truth[i] == label ? 1 : 0;
  }
  return {.images = std::count(positive.begin(), positive.end(), 1),
          .auroc = auroc(scores, positive),
          .average_precision = average_precision(scores, positive),
          .decisions = decide(called, positive, 0.5)};
}

}  // namespace

LabelScores score_labels(const LabelPredictions& predictions) {
  check(predictions);
  const std::size_t images = predictions.truth.size();
  const auto labels = static_cast<std::size_t>(predictions.labels);
  std::vector<int> likeliest(images);
  std::vector<double> confidence(images);
  std::vector<double> of_truth(images);
  std::vector<std::uint8_t> right(images);
  for (std::size_t i = 0; i < images; ++i) {
    const auto row = std::span(predictions.probabilities).subspan(i * labels, labels);
    const auto best = std::max_element(row.begin(), row.end());
    likeliest[i] = static_cast<int>(best - row.begin());
    confidence[i] = *best;
    of_truth[i] = row[static_cast<std::size_t>(predictions.truth[i])];
    right[i] = likeliest[i] == predictions.truth[i] ? 1 : 0;
  }

  LabelScores scores;
  double auroc_sum = 0;
  double f1_sum = 0;
  int with_auroc = 0;
  int with_f1 = 0;
  for (int label = 0; label < predictions.labels; ++label) {
    scores.labels.push_back(score_label(predictions, likeliest, label));
    const auto& score = scores.labels.back();
    auroc_sum += score.auroc.value_or(0);
    with_auroc += score.auroc.has_value() ? 1 : 0;
    f1_sum += score.decisions.f1().value_or(0);
    with_f1 += score.decisions.f1().has_value() ? 1 : 0;
  }
  if (with_auroc == predictions.labels) scores.macro_auroc = auroc_sum / with_auroc;
  scores.macro_f1 = f1_sum / with_f1;  // at least one label occurs
  scores.accuracy = static_cast<double>(std::count(right.begin(), right.end(), 1)) / static_cast<double>(images);
  scores.calibration_error = expected_calibration_error(confidence, right);
  scores.negative_log_likelihood = negative_log_likelihood(of_truth);
  return scores;
}

double expected_calibration_error(std::span<const double> probabilities, std::span<const std::uint8_t> outcome,
                                  int bins) {
  require_same_size("the list of probabilities", probabilities.size(), "that of outcomes", outcome.size());
  require_probabilities("the probabilities", probabilities);
  if (bins < 1) throw Error(ErrorCode::usage, "bins is " + std::to_string(bins) + ": expected at least 1");
  std::vector<double> excess(static_cast<std::size_t>(bins), 0);  // of each bin: sum of probability minus outcome
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    const auto bin = static_cast<int>(std::ceil(probabilities[i] * bins)) - 1;
    excess[static_cast<std::size_t>(std::clamp(bin, 0, bins - 1))] += probabilities[i] - (outcome[i] != 0 ? 1 : 0);
  }
  double sum = 0;
  for (const double each : excess) sum += std::abs(each);
  return sum / static_cast<double>(outcome.size());
}

double negative_log_likelihood(std::span<const double> probabilities_of_truth) {
  require_any("the list of probabilities", probabilities_of_truth.size());
  require_probabilities("the probabilities", probabilities_of_truth);
  constexpr double kLeast = 0x1p-52;  // the epsilon of a double
  double sum = 0;
  for (const double p : probabilities_of_truth) sum -= std::log(std::clamp(p, kLeast, 1 - kLeast));
  return sum / static_cast<double>(probabilities_of_truth.size());
}

}  // namespace fovea::metrics
