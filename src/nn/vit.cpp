#include "nn/vit.hpp"

#include <string>

#include <ATen/ops/cat.h>
#include <ATen/ops/pixel_unshuffle.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <ATen/ops/zeros.h>

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

constexpr double kPositionScale = 0.02;  // standard deviation of learned positions at the start, as in ViT

/// [B, C, h, w] -> [B, h * w, C]
at::Tensor grid_to_tokens(const at::Tensor& grid) { return grid.flatten(2).transpose(1, 2); }

}  // namespace

SelfAttentionStackImpl::SelfAttentionStackImpl(const TransformerOptions& options) {
  for (std::int64_t i = 0; i < options.layers; ++i) {
    blocks_.push_back(register_module(std::to_string(i), SelfAttentionBlock(options)));
  }
  norm_ = register_module("norm", make_layer_norm(options.width));
}

at::Tensor SelfAttentionStackImpl::forward(const at::Tensor& tokens) {
  auto x = tokens;
  for (auto& block : blocks_) x = block(x).context;
  return norm_(x);
}

GridPositionsImpl::GridPositionsImpl(std::int64_t grid_height, std::int64_t grid_width, std::int64_t width)
    : rows_(register_parameter("rows", at::randn({grid_height, width}) * kPositionScale)),
      columns_(register_parameter("columns", at::randn({grid_width, width}) * kPositionScale)) {}

at::Tensor GridPositionsImpl::forward() {
  return (rows_.unsqueeze(1) + columns_.unsqueeze(0)).flatten(0, 1).unsqueeze(0);
}

std::int64_t token_grid_size(const PyramidLayout& layout, TokenGrid tokens, std::int64_t input_size) {
  return input_size / (tokens == TokenGrid::coarse ? layout.coarse.stride : layout.fine.stride);
}

GridBackboneImpl::GridBackboneImpl(TokenGrid tokens, std::int64_t grid_height, std::int64_t grid_width,
                                   const TransformerOptions& options, const PyramidLayout& layout)
    : tokens_(tokens), grid_height_(grid_height), grid_width_(grid_width) {
  const std::int64_t fine_cells = tokens == TokenGrid::coarse ? 4 : 1;
  coarse_ = register_module("coarse", torch::nn::Linear(layout.coarse.channels, options.width));
  if (!layout.one_grid) {
    fine_ = register_module("fine", torch::nn::Linear(layout.fine.channels * fine_cells, options.width));
  }
  stem_norm_ = register_module("stem_norm", make_layer_norm(options.width));
  positions_ = register_module("positions", GridPositions(grid_height, grid_width, options.width));
  dropout_ = register_module("dropout", Dropout(options.dropout));
  blocks_ = register_module("blocks", SelfAttentionStack(options));
  initialise_linears(*this);
}

ImageMemory GridBackboneImpl::forward(const GridFeatures& grids) {
  auto coarse = coarse_(grid_to_tokens(grids.coarse));
  at::Tensor fine;
  if (fine_.is_empty()) {
    const auto tokens = stem_norm_(coarse) + positions_();
    return {.tokens = blocks_(dropout_(tokens)), .grid_height = grid_height_, .grid_width = grid_width_};
  }
  if (tokens_ == TokenGrid::coarse) {
    fine = fine_(grid_to_tokens(at::pixel_unshuffle(grids.fine, 2)));
  } else {
    // Projected first, spread after: a quarter of the work.
    const auto grid = coarse.transpose(1, 2).unflatten(2, {grid_height_ / 2, grid_width_ / 2});
    coarse = grid_to_tokens(at::upsample_nearest2d(grid, {grid_height_, grid_width_}));
    fine = fine_(grid_to_tokens(grids.fine));
  }
  const auto tokens = stem_norm_(coarse + fine) + positions_();
  return {.tokens = blocks_(dropout_(tokens)), .grid_height = grid_height_, .grid_width = grid_width_};
}

VisionTransformerImpl::VisionTransformerImpl(const VisionTransformerOptions& options) : options_(options) {
  if (options.patch_size < 1 || options.image_size % options.patch_size != 0) {
    throw Error(ErrorCode::usage, "ViT: image_size " + std::to_string(options.image_size) +
                                      " is no multiple of patch_size " + std::to_string(options.patch_size));
  }
  const auto side = options.image_size / options.patch_size;
  const auto width = options.transformer.width;
  patches_ = register_module(
      "patches", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, width, options.patch_size).stride(options.patch_size)));
  class_token_ = register_parameter("class_token", at::zeros({1, 1, width}));
  positions_ = register_parameter("positions", at::randn({1, 1 + side * side, width}) * kPositionScale);
  dropout_ = register_module("dropout", Dropout(options.transformer.dropout));
  blocks_ = register_module("blocks", SelfAttentionStack(options.transformer));
  initialise_linears(*this);
}

at::Tensor VisionTransformerImpl::forward(const at::Tensor& pixels) {
  const auto patches = grid_to_tokens(patches_(pixels));
  const auto tokens = at::cat({class_token_.expand({pixels.size(0), 1, -1}), patches}, 1) + positions_;
  return blocks_(dropout_(tokens));
}

}  // namespace fovea::nn
