#include "nn/caption_stem.hpp"

#include <cmath>
#include <vector>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/log.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include "nn/transformer.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kPartSide = 32;  // of the map in which parts are told apart
constexpr double kMarkSharpness = 8;    // from logits to a mask with soft borders

/// Waves of three lengths beside each number, in which a small network tells close numbers apart (Tancik et al. 2020,
/// "Fourier Features Let Networks Learn High Frequency Functions", https://arxiv.org/abs/2006.10739).
constexpr std::int64_t kWaves = 3;
at::Tensor with_waves(const at::Tensor& numbers) {
  std::vector<at::Tensor> parts{numbers};
  double frequency = 1;
  for (std::int64_t i = 0; i < kWaves; ++i, frequency *= 2) {
    parts.push_back(at::sin(numbers * (M_PI_2 * frequency)));
    parts.push_back(at::cos(numbers * (M_PI_2 * frequency)));
  }
  return at::cat(parts, 1);
}

constexpr std::int64_t kWholeFigures = 2 * kMapMoments * (1 + 2 * kWaves);

}  // namespace

at::Tensor main_part(const at::Tensor& map) {
  const auto side = map.size(1);
  const auto window = side / 16 * 2 + 1;
  const auto smooth = at::avg_pool2d(map.unsqueeze(1), {window, window}, {1, 1}, {window / 2, window / 2}).squeeze(1);
  const auto found = (smooth * map).flatten(1);
  const auto peak = found.argmax(1, /*keepdim=*/true);
  auto part = at::zeros_like(found).scatter_(1, peak, map.flatten(1).gather(1, peak)).view_as(map);
  for (std::int64_t i = 0; i < side; ++i) {
    part = at::minimum(at::max_pool2d(part.unsqueeze(1), {3, 3}, {1, 1}, {1, 1}).squeeze(1), map);
  }
  return part;
}

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
      heat_(register_module("heat", torch::nn::Linear(2, width))),
      expand_(register_module("expand", torch::nn::Linear(labels + kWholeFigures, width))),
      project_(register_module("project", torch::nn::Linear(width, width))) {
  initialise_linears(*this);
}

ImageMemory CaptionStemImpl::forward(const ImageMemory& memory, const at::Tensor& heat, const at::Tensor& labels) {
  const auto type = memory.tokens.scalar_type();
  const auto marked = at::adaptive_avg_pool2d(at::sigmoid(heat * kMarkSharpness), {kPartSide, kPartSide}).squeeze(1);
  const auto part = main_part(marked);
  const auto cells = at::adaptive_avg_pool2d(at::stack({marked, part}, 1), {memory.grid_height, memory.grid_width})
                         .flatten(2)
                         .transpose(1, 2);
  auto whole = with_waves(at::cat({map_moments(at::sigmoid(heat.squeeze(1))), map_moments(part)}, 1));
  if (labels.defined()) whole = at::cat({at::softmax(labels, 1), whole}, 1);
  const auto told = project_(at::gelu(expand_(whole.to(type)))).unsqueeze(1);
  auto result = memory;
  result.tokens = memory.tokens + positions_().to(type) + heat_(cells.to(type)) + told;
  return result;
}

}  // namespace fovea::nn
