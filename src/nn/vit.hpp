/// @file ViT-style backbones: one stack of self-attention blocks behind two stems, a CNN's grids or image patches.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

#include "nn/caption_decoder.hpp"
#include "nn/pyramid.hpp"
#include "nn/transformer.hpp"

namespace fovea::nn {

/// N pre-norm self-attention blocks and a final norm.
class SelfAttentionStackImpl : public torch::nn::Module {
 public:
  explicit SelfAttentionStackImpl(const TransformerOptions& options);
  /// [B, S, D] -> [B, S, D]
  at::Tensor forward(const at::Tensor& tokens);

 private:
  std::vector<SelfAttentionBlock> blocks_;
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(SelfAttentionStack);

/// A sum of one learned vector per row and one per column: a 2D position embedding of grid_height * grid_width tokens.
class GridPositionsImpl : public torch::nn::Module {
 public:
  GridPositionsImpl(std::int64_t grid_height, std::int64_t grid_width, std::int64_t width);
  /// [1, grid_height * grid_width, D]
  at::Tensor forward();

 private:
  at::Tensor rows_;     // [grid_height, D]
  at::Tensor columns_;  // [grid_width, D]
};
TORCH_MODULE(GridPositions);

/// Which of the encoder's grids gives the tokens their number; both always give them their content. The same for an
/// encoder of one grid.
enum class TokenGrid {
  coarse,  ///< H/32 * W/32 tokens: the coarse grid, and the four fine cells under each coarse one
  fine     ///< H/16 * W/16 tokens: the fine grid, and the coarse cell above each fine one
};

/// Cells of the token grid along a side of a square input.
std::int64_t token_grid_size(const PyramidLayout& layout, TokenGrid tokens, std::int64_t input_size);

/// Tokens of an encoder's grids: projected, summed, given positions, passed through the blocks.
class GridBackboneImpl : public torch::nn::Module {
 public:
  /// `grid_height`, `grid_width`: of the token grid.
  GridBackboneImpl(TokenGrid tokens, std::int64_t grid_height, std::int64_t grid_width,
                   const TransformerOptions& options, const PyramidLayout& layout);
  ImageMemory forward(const GridFeatures& grids);

 private:
  TokenGrid tokens_;
  std::int64_t grid_height_;
  std::int64_t grid_width_;
  torch::nn::Linear coarse_{nullptr};
  torch::nn::Linear fine_{nullptr};  // null where the encoder has one grid
  torch::nn::LayerNorm stem_norm_{nullptr};
  GridPositions positions_{nullptr};
  Dropout dropout_{nullptr};
  SelfAttentionStack blocks_{nullptr};
};
TORCH_MODULE(GridBackbone);

/// Sizes of a plain ViT.
struct VisionTransformerOptions {
  std::int64_t image_size = 224;  ///< square input
  std::int64_t patch_size = 16;   ///< must divide image_size
  TransformerOptions transformer;
};

/// The plain ViT of Dosovitskiy et al. 2021: patch embedding, class token, learned positions, the same blocks.
class VisionTransformerImpl : public torch::nn::Module {
 public:
  /// @throws Error: usage when patch_size does not divide image_size.
  explicit VisionTransformerImpl(const VisionTransformerOptions& options);
  /// @param pixels [B, 3, image_size, image_size]
  /// @return [B, 1 + patches, D]: the class token first, then the patches row by row
  at::Tensor forward(const at::Tensor& pixels);

 private:
  VisionTransformerOptions options_;
  torch::nn::Conv2d patches_{nullptr};
  at::Tensor class_token_;  // [1, 1, D]
  at::Tensor positions_;    // [1, 1 + patches, D]
  Dropout dropout_{nullptr};
  SelfAttentionStack blocks_{nullptr};
};
TORCH_MODULE(VisionTransformer);

}  // namespace fovea::nn
