#include "explain/rollout.hpp"

#include <cstddef>

#include <ATen/ops/bmm.h>
#include <ATen/ops/zeros.h>

namespace fovea::explain {

at::Tensor rollout(std::span<const at::Tensor> attention, const at::Tensor& read) {
  // From the last block to the first, so that a row is multiplied and not a matrix. Rows of A sum to 1, and so do those
  // of (A + I) / 2.
  auto row = read.expand({attention.front().size(0), -1}).unsqueeze(1);
  for (std::size_t i = attention.size(); i-- > 0;) row = (row + at::bmm(row, attention[i])) / 2;
  return row.squeeze(1);
}

at::Tensor rollout_grid(const nn::BackboneShape& shape, const nn::BackboneOutput& seen) {
  const auto& grid = seen.grids.back();
  const auto cells = grid.size(2) * grid.size(3);
  auto read = at::zeros({shape.prefix_tokens + cells}, at::kFloat);
  if (shape.reads_grid) {
    read.narrow(0, shape.prefix_tokens, cells).fill_(1.0 / static_cast<double>(cells));
  } else {
    read.narrow(0, 0, 1).fill_(1);
  }
  return rollout(seen.attention, read).slice(1, shape.prefix_tokens).unflatten(1, {1, grid.size(2), grid.size(3)});
}

}  // namespace fovea::explain
