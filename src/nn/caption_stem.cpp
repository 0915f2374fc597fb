#include "nn/caption_stem.hpp"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/log.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/stack.h>

#include "nn/transformer.hpp"

namespace fovea::nn {

at::Tensor map_moments(const at::Tensor& map) {
  constexpr double kNothing = 1e-4;  // share of the image
  const auto h = map.size(1), w = map.size(2);
  const auto y = at::linspace(-1, 1, h).view({1, h, 1}), x = at::linspace(-1, 1, w).view({1, 1, w});
  const auto area = map.mean({1, 2});
  const auto mean = [&](const at::Tensor& values) { return (map * values).mean({1, 2}) / (area + kNothing); };
  const auto cx = mean(x), cy = mean(y);
  const auto dx = x - cx.view({-1, 1, 1}), dy = y - cy.view({-1, 1, 1});
  const auto xx = mean(dx * dx), yy = mean(dy * dy), xy = mean(dx * dy);
  // Eigenvalues of the covariance: the axes of the ellipse with these moments.
  const auto half = (xx + yy) / 2, root = at::sqrt(((xx - yy) / 2).square() + xy.square() + kNothing * kNothing);
  const auto elongation = at::sqrt((half - root).clamp_min(0) / (half + root));
  return at::stack({at::log(area + kNothing) / 2, cx * 2, cy * 2, at::sqrt(xx) * 2, at::sqrt(yy) * 2, elongation}, 1);
}

CaptionStemImpl::CaptionStemImpl(std::int64_t width, std::int64_t grid_size, std::int64_t labels)
    : positions_(register_module("positions", GridPositions(grid_size, grid_size, width))),
      heat_(register_module("heat", torch::nn::Linear(1, width))),
      expand_(register_module("expand", torch::nn::Linear(labels + kMapMoments, width))),
      project_(register_module("project", torch::nn::Linear(width, width))) {
  initialise_linears(*this);
}

ImageMemory CaptionStemImpl::forward(const ImageMemory& memory, const at::Tensor& heat, const at::Tensor& labels) {
  const auto type = memory.tokens.scalar_type();
  const auto map = at::sigmoid(heat);
  const auto cells = at::adaptive_avg_pool2d(map, {memory.grid_height, memory.grid_width}).flatten(2).transpose(1, 2);
  auto whole = map_moments(map.squeeze(1));
  if (labels.defined()) whole = at::cat({at::softmax(labels, 1), whole}, 1);
  const auto told = project_(at::gelu(expand_(whole.to(type)))).unsqueeze(1);
  auto result = memory;
  result.tokens = memory.tokens + positions_().to(type) + heat_(cells.to(type)) + told;
  return result;
}

}  // namespace fovea::nn
