#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <unordered_map>

#include "fovea/highlight_metrics.hpp"
#include "metrics/checks.hpp"

namespace fovea::metrics {
namespace {

using Indices = std::vector<std::size_t>;

void check(std::size_t count, const BootstrapOptions& options, std::span<const std::int64_t> groups) {
  const auto refuse = [](const std::string& what) { throw Error(ErrorCode::usage, "bootstrap: " + what); };
  if (count == 0) refuse("there are no items: expected at least one");
  if (!groups.empty() && groups.size() != count) {
    refuse("there are groups of " + std::to_string(groups.size()) + " items and " + std::to_string(count) + " items");
  }
  if (options.resamples < 100) {
    refuse("resamples is " + std::to_string(options.resamples) + ": expected at least 100");
  }
  if (!(options.confidence > 0 && options.confidence < 1)) {
    refuse("confidence is " + std::to_string(options.confidence) + ": expected between 0 and 1");
  }
}

/// The items that are drawn together.
std::vector<Indices> clusters_of(std::size_t count, std::span<const std::int64_t> groups) {
  std::vector<Indices> clusters;
  std::unordered_map<std::int64_t, std::size_t> known;
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = groups.empty() ? i : known.emplace(groups[i], known.size()).first->second;
    if (number == clusters.size()) clusters.emplace_back();
    clusters[number].push_back(i);
  }
  return clusters;
}

/// Linear interpolation between the values next to it, as numpy.percentile does.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

}  // namespace

std::optional<Interval> bootstrap(std::size_t count, const Statistic& statistic, const BootstrapOptions& options,
                                  std::span<const std::int64_t> groups) {
  check(count, options, groups);
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  const auto value = statistic(indices);
  if (!value) return std::nullopt;
  require_finite("the statistic", std::span<const double>(&*value, 1));

  const auto clusters = clusters_of(count, groups);
  // The standard fixes what this generator gives, but not what its distributions do: hence the product.
  std::mt19937_64 generator(options.seed);
  const auto draw = [&] {
    return static_cast<std::size_t>(static_cast<double>(generator() >> 11U) * 0x1p-53 *
                                    static_cast<double>(clusters.size()));
  };
  std::vector<double> values;
  for (int i = 0; i < options.resamples; ++i) {
    indices.clear();
    for (std::size_t drawn = 0; drawn < clusters.size(); ++drawn) {
      const auto& cluster = clusters[draw()];
      indices.insert(indices.end(), cluster.begin(), cluster.end());
    }
    if (const auto resampled = statistic(indices)) values.push_back(*resampled);
  }
  require_finite("the statistic", std::span<const double>(values));
  if (values.size() < static_cast<std::size_t>(options.resamples - options.resamples / 2)) return std::nullopt;
  std::sort(values.begin(), values.end());
  const double tail = (1 - options.confidence) / 2;
  return Interval{.value = *value, .low = quantile(values, tail), .high = quantile(values, 1 - tail)};
}

std::optional<Interval> bootstrap_mean(std::span<const double> values, const BootstrapOptions& options,
                                       std::span<const std::int64_t> groups) {
  require_finite("the values", values);
  const auto mean = [&](std::span<const std::size_t> indices) -> std::optional<double> {
    double sum = 0;
    for (const auto i : indices) sum += values[i];
    return sum / static_cast<double>(indices.size());
  };
  return bootstrap(values.size(), mean, options, groups);
}

}  // namespace fovea::metrics
