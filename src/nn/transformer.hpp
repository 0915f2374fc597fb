/// @file Pre-norm transformer blocks, shared by the backbones and the decoder (Xiong et al. 2020; ViT, Dosovitskiy et
/// al. 2021).
#pragma once

#include <cstdint>
#include <optional>

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/normalization.h>

#include "fovea/nn/attention.hpp"
#include "nn/dropout.hpp"

namespace fovea::nn {

/// Sizes of a stack of blocks.
struct TransformerOptions {
  std::int64_t width = 256;  ///< D
  std::int64_t heads = 8;    ///< must divide width
  std::int64_t layers = 2;
  std::int64_t mlp_ratio = 4;  ///< hidden size of the perceptron over width
  double dropout = 0.1;        ///< after every sublayer, in training mode
  double attention_dropout = 0.0;
};

/// Linear, GELU, linear.
class PerceptronImpl : public torch::nn::Module {
 public:
  PerceptronImpl(std::int64_t width, std::int64_t hidden, double dropout);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::Linear expand_{nullptr};
  torch::nn::Linear project_{nullptr};
  Dropout dropout_{nullptr};
};
TORCH_MODULE(Perceptron);

/// x + attention(norm(x)), then x + perceptron(norm(x)).
class SelfAttentionBlockImpl : public torch::nn::Module {
 public:
  explicit SelfAttentionBlockImpl(const TransformerOptions& options);
  /// @param x [B, S, D]  @return the same shape; weights [B, H, S, S] when asked for
  AttentionOutput forward(const at::Tensor& x, bool want_weights = false);

 private:
  torch::nn::LayerNorm attention_norm_{nullptr};
  MultiHeadAttention attention_{nullptr};
  torch::nn::LayerNorm perceptron_norm_{nullptr};
  Perceptron perceptron_{nullptr};
  Dropout dropout_{nullptr};
};
TORCH_MODULE(SelfAttentionBlock);

/// Gives every linear layer below `module` Xavier-uniform weights and zero bias (Glorot and Bengio 2010).
void initialise_linears(torch::nn::Module& module);

/// A layer norm over the last dimension of size `width`.
torch::nn::LayerNorm make_layer_norm(std::int64_t width);

}  // namespace fovea::nn
