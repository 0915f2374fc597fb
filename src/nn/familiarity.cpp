#include "nn/familiarity.hpp"

#include <algorithm>
#include <tuple>

#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/quantile.h>
#include <ATen/ops/std_mean.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

constexpr double kLeastDeviation = 1e-3;
constexpr double kQuantile = 0.99;  // of the held-out images lie within the limit before the margin
constexpr double kMargin = 1.25;

}  // namespace

FamiliarityImpl::FamiliarityImpl(std::int64_t features)
    : mean_(register_parameter("mean", at::zeros({features}), false)),
      scale_(register_parameter("scale", at::ones({features}), false)),
      components_(register_parameter("components", at::zeros({std::min(kComponents, features - 1), features}), false)),
      deviations_(register_parameter("deviations", at::ones({components_.size(0) + 1}), false)),
      limit_(register_parameter("limit", at::zeros({1}), false)) {}

std::int64_t FamiliarityImpl::features_of(const PyramidLayout& layout) {
  if (layout.one_grid) return 2 * layout.coarse.channels;
  return 2 * (layout.quarter.channels + layout.eighth.channels + layout.fine.channels);
}

at::Tensor FamiliarityImpl::features(const PyramidFeatures& pyramid) {
  std::vector<at::Tensor> parts;
  for (const auto& grid : {pyramid.quarter, pyramid.eighth, pyramid.grids.fine}) {
    if (!parts.empty() && grid.is_same(pyramid.quarter)) continue;  // one grid stands for all
    const auto [deviation, mean] = at::std_mean(grid.to(at::kFloat).flatten(2), /*dim=*/2, /*unbiased=*/false);
    parts.push_back(mean);
    parts.push_back(deviation);
  }
  return at::cat(parts, 1);
}

void FamiliarityImpl::fit(const at::Tensor& training, const at::Tensor& held_out) {
  const c10::AutoGradMode no_grad(false);
  if (training.size(0) <= kComponents || held_out.size(0) == 0) {
    throw Error(ErrorCode::usage, "familiarity needs more than " + std::to_string(kComponents) +
                                      " training images and one held out, but was given " +
                                      std::to_string(training.size(0)) + " and " + std::to_string(held_out.size(0)));
  }
  const auto [deviation, mean] = at::std_mean(training, /*dim=*/0, /*unbiased=*/false);
  mean_.copy_(mean);
  scale_.copy_(deviation.clamp_min(kLeastDeviation));
  const auto standard = (training - mean_) / scale_;
  const auto [u, values, components] = at::linalg_svd(standard, /*full_matrices=*/false);
  const auto kept = components_.size(0), count = components_.size(1);
  const auto variances = values.square() / static_cast<double>(training.size(0));
  components_.copy_(components.slice(0, 0, kept));
  const auto rest = variances.slice(0, kept).sum() / static_cast<double>(count - kept);
  deviations_.copy_(at::cat({variances.slice(0, 0, kept), rest.unsqueeze(0)}).sqrt().clamp_min(kLeastDeviation));
  limit_.copy_(at::quantile(raw_distance(held_out), kQuantile) * kMargin);
}

at::Tensor FamiliarityImpl::raw_distance(const at::Tensor& features) const {
  const auto kept = components_.size(0);
  const auto standard = (features - mean_) / scale_;
  const auto along = at::matmul(standard, components_.t());
  const auto left = standard.square().sum(1) - along.square().sum(1);
  const auto inner = (along / deviations_.slice(0, 0, kept)).square().sum(1);
  const auto outer = left.clamp_min(0) / deviations_[kept].square();
  return ((inner + outer) / static_cast<double>(features.size(1))).sqrt();
}

at::Tensor FamiliarityImpl::distance(const at::Tensor& features) const {
  if (limit_.item<float>() <= 0) return at::zeros({features.size(0)});
  return raw_distance(features) / limit_;
}

}  // namespace fovea::nn
