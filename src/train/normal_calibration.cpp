#include "train/normal_calibration.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

#include <ATen/ops/kthvalue.h>

#include "fovea/error.hpp"

namespace fovea::train {
namespace {

constexpr double kMedianScore = 0.05;
constexpr double kRounding = 1e-9;

nn::DistanceScale scale_between(double median, double limit) {
  // Images that are all alike have no spread: then hardly more than the limit is as abnormal as can be.
  const double least = std::max(1e-3 * limit, 1e-6);
  const double logit = std::log((1 - kMedianScore) / kMedianScore);
  return {.limit = limit, .scale = std::max(limit - median, least) / logit};
}

}  // namespace

nn::DistanceScale scale_of_images(std::vector<double> distances, double share) {
  std::sort(distances.begin(), distances.end());
  const auto n = distances.size();
  const auto rank = static_cast<std::size_t>(std::ceil(static_cast<double>(n + 1) * (1 - share) - kRounding));
  if (rank < 1 || rank > n) {
    throw Error(ErrorCode::internal,
                std::to_string(n) + " images cannot tell what a share of " + std::to_string(share) + " exceeds");
  }
  // A score of 0.5 is already called abnormal, so the limit lies above the image of that rank.
  const double own = distances[rank - 1];
  const double limit = rank < n ? (own + distances[rank]) / 2 : own * (1 + 1e-3);
  return scale_between((distances[(n - 1) / 2] + distances[n / 2]) / 2, limit);
}

nn::DistanceScale scale_of_pixels(const at::Tensor& distances, double share) {
  const auto flat = distances.flatten();
  const auto n = flat.numel();
  const auto value = [&](double quantile) {
    const auto rank = static_cast<std::int64_t>(std::ceil(quantile * static_cast<double>(n)));
    return std::get<0>(at::kthvalue(flat, std::clamp<std::int64_t>(rank, 1, n))).item<double>();
  };
  return scale_between(value(0.5), value(1 - share));
}

}  // namespace fovea::train
