#include "nn/dense_head.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "nn/transformer.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kGroups = 8;
constexpr double kRareFinding = 2.0;  // initial logit of "nothing here": most pixels are normal

torch::nn::Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel, bool bias) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).padding(kernel / 2).bias(bias));
}

at::Tensor doubled(const at::Tensor& x) {
  return at::upsample_bilinear2d(x, {x.size(2) * 2, x.size(3) * 2}, /*align_corners=*/false);
}

constexpr std::int64_t kHeatFigures = 3;

/// How hot a map is: its largest logit, the mean of its hottest hundredth, and the marked share; about 1 in size.
/// [B, 1, h, w] -> [B, kHeatFigures]
at::Tensor heat_figures(const at::Tensor& heat) {
  constexpr double kScale = 0.2;
  const auto logits = heat.flatten(1);
  const auto hottest = std::get<0>(at::topk(logits, std::max<std::int64_t>(1, logits.size(1) / 100), 1));
  return at::stack({hottest.amax(1) * kScale, hottest.mean(1) * kScale, at::sigmoid(logits).mean(1) / kScale}, 1);
}

}  // namespace

DenseHeadImpl::FuseImpl::FuseImpl(std::int64_t in, std::int64_t out)
    : conv_(register_module("conv", conv(in, out, 3, false))),
      norm_(register_module("norm", torch::nn::GroupNorm(torch::nn::GroupNormOptions(kGroups, out)))) {}

at::Tensor DenseHeadImpl::FuseImpl::forward(const at::Tensor& x) { return at::relu(norm_(conv_(x))); }

DenseHeadImpl::DenseHeadImpl(std::int64_t token_width, const DenseHeadOptions& options, const PyramidLayout& layout)
    : dropout_(options.dropout), one_grid_(layout.one_grid) {
  const auto& w = options.widths;
  top_ = register_module("top", conv(token_width, w[0], 1, true));
  fuses_.push_back(register_module("fuse16", Fuse(w[0], w[1])));
  laterals_.push_back(register_module("lateral8", conv(layout.eighth.channels, w[1], 1, true)));
  fuses_.push_back(register_module("fuse8", Fuse(w[1], w[2])));
  laterals_.push_back(register_module("lateral4", conv(layout.quarter.channels, w[2], 1, true)));
  fuses_.push_back(register_module("fuse4", Fuse(w[2], w[2])));
  logits_ = register_module("logits", conv(w[2], 1, 1, true));
  const c10::AutoGradMode no_grad(false);
  logits_->bias.fill_(-kRareFinding);
}

at::Tensor DenseHeadImpl::forward(const ImageMemory& memory, const PyramidFeatures& pyramid) {
  const auto grid = memory.tokens.transpose(1, 2).unflatten(2, {memory.grid_height, memory.grid_width});
  auto x = fuses_[0](top_(grid));
  const std::array<at::Tensor, 2> grids{pyramid.eighth, pyramid.quarter};
  for (std::size_t i = 0; i < grids.size(); ++i) {
    x = doubled(x);
    auto lateral = laterals_[i](grids[i]);
    if (one_grid_) lateral = at::upsample_bilinear2d(lateral, {x.size(2), x.size(3)}, /*align_corners=*/false);
    x = fuses_[i + 1](x + lateral);
  }
  return logits_(is_training() ? dropout(x, dropout_) : x);
}

LabelHeadImpl::LabelHeadImpl(std::int64_t token_width, std::int64_t labels, double dropout, const PyramidLayout& layout)
    : query_(register_parameter("query", at::randn({1, 1, token_width}))),
      attention_(register_module("attention", AdditiveAttention(token_width, token_width, token_width))),
      coarse_(register_module("coarse", torch::nn::Linear(layout.coarse.channels, token_width))),
      norm_(register_module("norm", make_layer_norm(3 * token_width))),
      dropout_(register_module("dropout", Dropout(dropout))),
      logits_(register_module("logits", torch::nn::Linear(3 * token_width + kHeatFigures, labels))) {
  initialise_linears(*this);
}

at::Tensor LabelHeadImpl::forward(const ImageMemory& memory, const at::Tensor& coarse, const at::Tensor& heat) {
  const auto& tokens = memory.tokens;
  const auto type = tokens.scalar_type();
  const auto seen = attention_(query_.expand({tokens.size(0), 1, -1}), attention_->project_keys(tokens), tokens);
  const auto map = at::sigmoid(heat);
  const auto shares = at::adaptive_avg_pool2d(map, {memory.grid_height, memory.grid_width}).flatten(1);
  constexpr double kNothing = 1e-3;  // of the mean: an empty map weighs all tokens alike
  const auto weights = shares + kNothing;
  const auto marked = at::matmul((weights / weights.sum(1, true)).unsqueeze(1).to(type), tokens);
  const auto whole = coarse_(dropout_(coarse.flatten(2).mean(2)));
  const auto features = dropout_(norm_(at::cat({seen.context.squeeze(1), marked.squeeze(1), whole}, 1)));
  return logits_(at::cat({features, heat_figures(heat).to(features.scalar_type())}, 1));
}

}  // namespace fovea::nn
