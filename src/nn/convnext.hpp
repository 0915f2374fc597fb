/// @file ConvNeXt (Liu et al. 2022) and ConvNeXt V2 (Woo et al. 2023) as Hugging Face, torchvision and timm publish
/// them.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/pimpl.h>

#include "nn/backbone_families.hpp"
#include "nn/conv_unit.hpp"

namespace fovea::nn {

/// Sizes of a ConvNeXt. Defaults: tiny.
struct ConvNextOptions {
  std::int64_t patch = 4;  ///< pixels of a side of a cell of the first grid
  std::vector<std::int64_t> widths{96, 192, 384, 768};
  std::vector<std::int64_t> depths{3, 3, 9, 3};
  bool version_2 = false;     ///< global response norm
  bool scales_layers = true;  ///< a weight for each feature that a block adds; version 2 has none
  Activation activation = Activation::gelu;
  double head_epsilon = 1e-6;  ///< of the norm before the classifier
  std::int64_t input = 224;    ///< pixels of a side that the network was made for
  std::int64_t labels = 0;
};

/// x * (1 + weight * r) + bias, where r is the length of a feature over the grid, divided by the mean of all features'
/// lengths. [B, H, W, C] -> the same. Weights: `weight` [C], `bias` [C].
class ResponseNormImpl : public torch::nn::Module {
 public:
  explicit ResponseNormImpl(std::int64_t width);
  at::Tensor forward(const at::Tensor& x);

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};
TORCH_MODULE(ResponseNorm);

/// Depthwise 7x7, norm, perceptron, scale, sum. Weights: `depthwise`, `norm`, `expand`, `response`, `project`, `scale`.
class ConvNextBlockImpl : public torch::nn::Module {
 public:
  ConvNextBlockImpl(const ConvNextOptions& options, std::int64_t width);
  at::Tensor forward(const at::Tensor& x);

 private:
  ConvUnit depthwise_{nullptr};
  NormLayer norm_{nullptr};
  LinearLayer expand_{nullptr};
  ResponseNorm response_{nullptr};  // null in version 1
  LinearLayer project_{nullptr};
  at::Tensor scale_;  // [width]; undefined without one
  Activation activation_;
};
TORCH_MODULE(ConvNextBlock);

/// Weights: `stem.conv`, `stem.norm`, `stages.S.norm` and `stages.S.conv` (not of the first), `stages.S.blocks.B`,
/// `norm`, `classifier`.
class ConvNext : public Backbone {
 public:
  explicit ConvNext(const ConvNextOptions& options);
  BackboneOutput forward(const at::Tensor& pixels, const BackboneWants& wants) override;
  std::int64_t label_count() const noexcept override { return labels_; }
  at::Tensor classify(const at::Tensor& last) override;

 private:
  struct Stage {
    NormLayer norm{nullptr};  // null in the first stage
    ConvUnit conv{nullptr};   // null in the first stage
    std::vector<ConvNextBlock> blocks;
  };
  ConvUnit stem_{nullptr};
  NormLayer stem_norm_{nullptr};
  std::vector<Stage> stages_;
  NormLayer norm_{nullptr};  // of the classifier
  LinearLayer classifier_{nullptr};
  std::int64_t labels_;
};

/// "convnext"
const BackboneFamily& convnext_family();

}  // namespace fovea::nn
