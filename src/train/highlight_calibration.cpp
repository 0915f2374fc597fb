#include "train/highlight_calibration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <c10/core/InferenceMode.h>

#include "train/autocast.hpp"

namespace fovea::train {
namespace {

constexpr std::int64_t kBatch = 16;

at::Tensor truth_of(const StoredMask& mask) {
  return at::from_blob(const_cast<std::uint8_t*>(mask.pixels.data()), {mask.height, mask.width}, at::kByte);
}

double dice(const at::Tensor& found, const at::Tensor& truth) {
  const auto both = (found & truth).sum().item<double>();
  const auto sizes = found.sum().item<double>() + truth.sum().item<double>();
  return sizes == 0 ? 1 : 2 * both / sizes;
}

double mean_dice(const ScanPredictions& predictions, const ScanDataset& data, double logit) {
  double sum = 0;
  int count = 0;
  for (std::size_t i = 0; i < data.stored.size(); ++i) {
    if (data.stored[i].empty()) continue;
    sum += dice(predictions.heat[i] >= logit, truth_of(data.stored[i]) > 0);
    ++count;
  }
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / count;
}

/// Area under the ROC curve by ranks (Mann and Whitney 1947).
double auroc(const std::vector<double>& scores, const std::vector<int>& truth) {
  double wins = 0, pairs = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    for (std::size_t j = 0; j < scores.size(); ++j) {
      if (truth[i] == 0 || truth[j] != 0) continue;
      wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
      ++pairs;
    }
  }
  return wins / pairs;
}

/// The value that makes `cost` smallest, by trying a grid in logarithmic steps and refining it around the best.
template <typename Cost>
double fit_temperature(const Cost& cost) {
  double best = 1, best_cost = cost(1.0), step = 1.5;
  for (int round = 0; round < 5; ++round) {
    const double centre = best;
    for (int i = -6; i <= 6; ++i) {
      const double t = std::clamp(centre * std::pow(step, i), 0.05, 20.0);
      const double c = cost(t);
      if (c < best_cost) best = t, best_cost = c;
    }
    step = std::pow(step, 0.3);
  }
  return best;
}

/// The threshold of calibrated probabilities that gives the best mean Dice. The optimum is flat and a calibration set
/// small: of those that come close to the best, the one nearest to one half.
std::optional<double> best_threshold(const ScanPredictions& predictions, const ScanDataset& data, double temperature) {
  constexpr int kSteps = 20;
  constexpr double kClose = 0.005;
  std::map<double, double> dice;
  double best = -1;
  for (int i = 2; i <= kSteps - 2; ++i) {
    const double threshold = static_cast<double>(i) / kSteps;
    const double found = mean_dice(predictions, data, std::log(threshold / (1 - threshold)) * temperature);
    dice.emplace(threshold, found);
    best = std::max(best, found);
  }
  std::optional<double> nearest;
  for (const auto& [threshold, found] : dice) {
    if (found < best - kClose || best < 0) continue;
    if (!nearest || std::abs(threshold - 0.5) < std::abs(*nearest - 0.5)) nearest = threshold;
  }
  return nearest;
}

std::vector<double> column(const at::Tensor& probabilities, std::int64_t label) {
  const auto values = probabilities.select(1, label).contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

}  // namespace

ScanPredictions predict(nn::HighlightNetwork& network, const ScanDataset& data, bool bf16) {
  const c10::InferenceMode inference;
  const AutocastGuard autocast(bf16);
  ScanPredictions predictions;
  std::vector<at::Tensor> labels;
  for (std::int64_t begin = 0; begin < data.size(); begin += kBatch) {
    const auto end = std::min(begin + kBatch, data.size());
    const auto out = network->forward(network->extract(data.pixels.slice(0, begin, end)));
    if (out.labels.defined()) labels.push_back(out.labels.to(at::kFloat));
    const auto heat = out.heat.to(at::kFloat);
    for (auto i = begin; i < end; ++i) {
      const auto& mask = data.stored[static_cast<std::size_t>(i)];
      predictions.heat.push_back(at::upsample_bilinear2d(heat.slice(0, i - begin, i - begin + 1),
                                                         {mask.height, mask.width}, /*align_corners=*/false)
                                     .squeeze(0)
                                     .squeeze(0));
    }
  }
  if (!labels.empty()) predictions.labels = at::cat(labels);
  return predictions;
}

std::vector<int> has_finding(const ScanDataset& data) {
  std::vector<int> result;
  for (const auto& mask : data.stored) result.push_back(mask.empty() ? 0 : 1);
  return result;
}

HighlightScores score(const ScanPredictions& predictions, const ScanDataset& data, const nn::HighlightConfig& config) {
  HighlightScores scores;
  scores.dice = mean_dice(predictions, data, 0);
  scores.anomaly_auroc = scores.label_auroc = std::numeric_limits<double>::quiet_NaN();
  if (!predictions.labels.defined()) return scores;
  const auto probabilities = at::softmax(predictions.labels, 1);
  if (const auto normal = config.normal_label()) {
    auto abnormal = column(probabilities, static_cast<std::int64_t>(*normal));
    for (auto& p : abnormal) p = 1 - p;
    scores.anomaly_auroc = auroc(abnormal, has_finding(data));
  }
  double sum = 0;
  for (std::size_t label = 0; label < config.labels.size(); ++label) {
    std::vector<int> truth;
    for (const auto own : data.labels) truth.push_back(own == static_cast<std::int64_t>(label) ? 1 : 0);
    sum += auroc(column(probabilities, static_cast<std::int64_t>(label)), truth);
  }
  scores.label_auroc = sum / static_cast<double>(config.labels.size());
  return scores;
}

nn::Calibration calibrate(const ScanPredictions& predictions, const ScanDataset& data,
                          const nn::HighlightConfig& config) {
  auto result = config.calibration;
  std::vector<at::Tensor> logits, truth;
  for (std::size_t i = 0; i < predictions.heat.size(); ++i) {
    logits.push_back(predictions.heat[i].flatten());
    truth.push_back(truth_of(data.stored[i]).flatten().to(at::kFloat));
  }
  const auto all_logits = at::cat(logits), all_truth = at::cat(truth);
  result.pixel_temperature = fit_temperature(
      [&](double t) { return at::binary_cross_entropy_with_logits(all_logits / t, all_truth).item<double>(); });
  result.threshold = best_threshold(predictions, data, result.pixel_temperature).value_or(result.threshold);
  if (!predictions.labels.defined()) return result;
  const auto labels = at::tensor(data.labels, at::kLong);
  result.label_temperature = fit_temperature([&](double t) {
    return at::cross_entropy_loss(predictions.labels / t, labels, {}, /*reduction=*/1, /*ignore_index=*/-1)
        .item<double>();
  });
  const auto normal = config.normal_label();
  if (!normal) return result;
  const auto scores =
      column(1 - at::softmax(predictions.labels / result.label_temperature, 1), static_cast<std::int64_t>(*normal));
  const auto abnormal = has_finding(data);
  const auto positives = std::count(abnormal.begin(), abnormal.end(), 1);
  const auto negatives = static_cast<std::ptrdiff_t>(abnormal.size()) - positives;
  if (positives == 0 || negatives == 0) return result;
  auto order = scores;
  std::sort(order.begin(), order.end());
  double best_sum = -1;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    const double threshold = (order[i] + order[i + 1]) / 2;
    double hits = 0, rejections = 0;
    for (std::size_t k = 0; k < scores.size(); ++k) {
      if (abnormal[k] != 0 && scores[k] >= threshold) ++hits;
      if (abnormal[k] == 0 && scores[k] < threshold) ++rejections;
    }
    const double sum = hits / static_cast<double>(positives) + rejections / static_cast<double>(negatives);
    if (sum > best_sum) best_sum = sum, result.anomaly_threshold = threshold;
  }
  return result;
}

}  // namespace fovea::train
