/// @file Layers of models whose weights come from a file. Nothing is initialised: memory is touched by what is loaded.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace fovea::nn {

/// Functions between linear layers.
enum class Activation {
  gelu,        ///< x * Phi(x) (Hendrycks and Gimpel 2016)
  gelu_tanh,   ///< its approximation by tanh, as GPT-2 has it
  quick_gelu,  ///< x * sigmoid(1.702 x), as CLIP has it
  relu,
  relu6,
  silu,
  hard_swish,  ///< x * relu6(x + 3) / 6 (Howard et al. 2019, "Searching for MobileNetV3")
};

/// An activation by Hugging Face's name ("gelu", "gelu_new", "quick_gelu", ...).
/// @throws Error: model, with `source` and the names that are known.
Activation activation_named(const std::string& name, const std::string& source);
at::Tensor activate(const at::Tensor& x, Activation activation);

class PackedLinear;

/// x W^T + b. Weights: `weight` [out, in], `bias` [out].
class LinearLayerImpl : public torch::nn::Module {
 public:
  LinearLayerImpl(std::int64_t in, std::int64_t out, bool bias = true);
  /// [..., in] -> [..., out]
  at::Tensor forward(const at::Tensor& x);
  /// activate(forward(x), activation), in one step where that is faster
  at::Tensor activated(const at::Tensor& x, Activation activation);

  /// Brings the weight into the order in which it is multiplied fastest, and lets go of `weight`: call it when weights
  /// are loaded and nothing is left to be done but inference. Types that this machine has no such order for stay.
  void pack();

  /// Of no elements after pack().
  const at::Tensor& weight() const noexcept { return weight_; }

 private:
  at::Tensor weight_;
  at::Tensor bias_;  // undefined without one
  std::shared_ptr<const PackedLinear> packed_;
};
TORCH_MODULE(LinearLayer);

/// Packs every linear layer below a module.
void pack_linears(const torch::nn::Module& module);

/// Layer norm over the last dimension (Ba et al. 2016). Weights: `weight` [width], `bias` [width].
class NormLayerImpl : public torch::nn::Module {
 public:
  NormLayerImpl(std::int64_t width, double epsilon);
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  double epsilon_;
};
TORCH_MODULE(NormLayer);

/// Rows of a table. Weight: `weight` [count, width].
class EmbeddingLayerImpl : public torch::nn::Module {
 public:
  EmbeddingLayerImpl(std::int64_t count, std::int64_t width);
  /// int64 [...] -> [..., width]
  at::Tensor forward(const at::Tensor& ids);

  const at::Tensor& weight() const noexcept { return weight_; }

 private:
  at::Tensor weight_;
};
TORCH_MODULE(EmbeddingLayer);

/// Sizes of a ConvLayer.
struct ConvLayerOptions {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;  ///< zeros on every side
  std::int64_t groups = 1;
  bool bias = true;  ///< batch norm is folded into weight and bias when they are loaded
};

/// A convolution. Weights: `weight` [out, in / groups, kernel, kernel], `bias` [out].
class ConvLayerImpl : public torch::nn::Module {
 public:
  explicit ConvLayerImpl(const ConvLayerOptions& options);
  /// [B, in, H, W] -> [B, out, H', W']
  at::Tensor forward(const at::Tensor& x);

  const ConvLayerOptions& options() const noexcept { return options_; }

 private:
  ConvLayerOptions options_;
  at::Tensor weight_;
  at::Tensor bias_;
};
TORCH_MODULE(ConvLayer);

/// x * weight + bias per channel: a batch norm in evaluation that no convolution precedes. [B, C, H, W] -> the same
class ScaleShiftImpl : public torch::nn::Module {
 public:
  explicit ScaleShiftImpl(std::int64_t channels);
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor weight_;  // [C]
  at::Tensor bias_;    // [C]
};
TORCH_MODULE(ScaleShift);

}  // namespace fovea::nn
