#include "nn/nearest.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include <ATen/ops/addmm.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/topk.h>

namespace fovea::nn {

NearestNeighbours::NearestNeighbours(const at::Tensor& vectors)
    : vectors_(vectors.contiguous()),
      centre_(vectors_.mean(0)),
      centred_((vectors_ - centre_).t()),
      squares_(centred_.square().sum(0)) {}

std::int64_t NearestNeighbours::chunk() const noexcept {
  constexpr std::int64_t kElements = 4 << 20;  // of a table of distances: 16 MB
  return std::max<std::int64_t>(1, kElements / vectors_.size(0));
}

at::Tensor NearestNeighbours::order(const at::Tensor& queries) const {
  return at::addmm(squares_, queries - centre_, centred_, /*beta=*/1, /*alpha=*/-2);
}

NearestNeighbours::Result NearestNeighbours::nearest(const at::Tensor& queries) const {
  std::vector<at::Tensor> distances, indices;
  for (std::int64_t begin = 0; begin < queries.size(0); begin += chunk()) {
    const auto some = queries.slice(0, begin, std::min(begin + chunk(), queries.size(0)));
    indices.push_back(at::argmin(order(some), 1));
    // The product finds the vector, the difference tells the distance to all digits.
    distances.push_back((some - vectors_.index_select(0, indices.back())).square().sum(1).sqrt());
  }
  return {.distance = at::cat(distances), .index = at::cat(indices)};
}

at::Tensor NearestNeighbours::neighbours(const at::Tensor& queries, std::int64_t count) const {
  std::vector<at::Tensor> indices;
  for (std::int64_t begin = 0; begin < queries.size(0); begin += chunk()) {
    const auto some = queries.slice(0, begin, std::min(begin + chunk(), queries.size(0)));
    indices.push_back(std::get<1>(at::topk(order(some), count, /*dim=*/1, /*largest=*/false, /*sorted=*/true)));
  }
  return at::cat(indices);
}

}  // namespace fovea::nn
