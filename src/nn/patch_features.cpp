#include "nn/patch_features.hpp"

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

const at::Tensor& grid_of(const PyramidFeatures& pyramid, PyramidLevel level) {
  switch (level) {
    case PyramidLevel::quarter:
      return pyramid.quarter;
    case PyramidLevel::eighth:
      return pyramid.eighth;
    case PyramidLevel::sixteenth:
      return pyramid.grids.fine;
    case PyramidLevel::last:
      return pyramid.grids.coarse;
  }
  throw Error(ErrorCode::internal, "a level that the encoder does not have");
}

}  // namespace

const GridLevel& grid_level(const PyramidLayout& layout, PyramidLevel level) {
  switch (level) {
    case PyramidLevel::quarter:
      return layout.quarter;
    case PyramidLevel::eighth:
      return layout.eighth;
    case PyramidLevel::sixteenth:
      return layout.fine;
    case PyramidLevel::last:
      return layout.coarse;
  }
  throw Error(ErrorCode::internal, "a level that the encoder does not have");
}

at::Tensor patch_features(const PyramidFeatures& pyramid, const std::vector<PyramidLevel>& levels) {
  std::vector<at::Tensor> parts;
  for (const auto level : levels) {
    // At the border the neighbourhood is what there is of it.
    auto part = at::avg_pool2d(grid_of(pyramid, level).to(at::kFloat), 3, /*stride=*/1, /*padding=*/1,
                               /*ceil_mode=*/false, /*count_include_pad=*/false);
    if (!parts.empty()) {
      part = at::upsample_bilinear2d(part, {parts.front().size(2), parts.front().size(3)}, /*align_corners=*/false);
    }
    parts.push_back(part);
  }
  return at::cat(parts, 1);
}

at::Tensor patch_rows(const at::Tensor& features) {
  return features.permute({0, 2, 3, 1}).reshape({-1, features.size(1)});
}

}  // namespace fovea::nn
