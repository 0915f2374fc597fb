#include "train/coreset.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/addmv.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/max.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>

namespace fovea::train {

at::Tensor random_projection(const at::Tensor& vectors, std::int64_t dimensions, std::uint64_t seed) {
  if (vectors.size(1) <= dimensions) return vectors;
  const auto map = at::randn({vectors.size(1), dimensions}, at::make_generator<at::CPUGeneratorImpl>(seed));
  return at::matmul(vectors, map / std::sqrt(static_cast<double>(dimensions)));
}

std::vector<std::int64_t> greedy_coreset(const at::Tensor& vectors, std::int64_t count,
                                         const std::function<bool(std::int64_t)>& go_on) {
  constexpr std::int64_t kPause = 64;
  const c10::InferenceMode inference;
  const auto x = (vectors - vectors.mean(0)).contiguous();  // short vectors lose few digits in products
  const auto squares = x.square().sum(1);
  const double rounding = 1e-6 * squares.max().item<double>();
  std::vector<std::int64_t> chosen{0};
  at::Tensor nearest;  // [N], squared distance of each vector from the nearest one chosen
  count = std::min(count, x.size(0));
  while (static_cast<std::int64_t>(chosen.size()) < count) {
    const auto last = chosen.back();
    auto distance = at::addmv(squares, x, x[last], /*beta=*/1, /*alpha=*/-2).add_(squares[last]);
    nearest = nearest.defined() ? at::minimum_out(nearest, nearest, distance) : std::move(distance);
    const auto [farthest, row] = at::max(nearest, 0);
    if (farthest.item<double>() <= rounding) break;
    chosen.push_back(row.item<std::int64_t>());
    const auto size = static_cast<std::int64_t>(chosen.size());
    if (go_on && size % kPause == 0 && !go_on(size)) break;
  }
  return chosen;
}

}  // namespace fovea::train
