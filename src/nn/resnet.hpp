/// @file ResNet 18 to 152 (He et al. 2015) as Hugging Face, torchvision and timm publish it.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/nn/pimpl.h>

#include "nn/backbone_families.hpp"
#include "nn/conv_unit.hpp"

namespace fovea::nn {

/// Sizes of a ResNet. Defaults: ResNet-50 with the stride in the 3x3 convolution, as torchvision and timm have it.
struct ResNetOptions {
  std::int64_t stem = 64;                                  ///< features after the first convolution
  std::vector<std::int64_t> widths{256, 512, 1024, 2048};  ///< features that each stage puts out
  std::vector<std::int64_t> depths{3, 4, 6, 3};            ///< blocks of each stage
  bool bottleneck = true;                                  ///< blocks of 1x1, 3x3, 1x1; else of two 3x3
  bool stride_in_first = false;              ///< bottleneck: the first 1x1 convolution has the stride, as in the paper
  bool first_stage_strides = false;          ///< the first stage halves the grid, as the others do
  Activation activation = Activation::relu;  ///< of the stem and behind the sums; within blocks it is always ReLU
  std::int64_t labels = 0;
};

/// A block: convolutions whose result is added to the input.
class ResNetBlockImpl : public torch::nn::Module {
 public:
  ResNetBlockImpl(const ResNetOptions& options, std::int64_t in, std::int64_t out, std::int64_t stride);
  at::Tensor forward(const at::Tensor& x);

 private:
  std::vector<ConvUnit> convs_;
  ConvUnit shortcut_{nullptr};  // null where the input is added as it is
};
TORCH_MODULE(ResNetBlock);

/// Weights: `stem`, `stages.S.B.convs.N`, `stages.S.B.shortcut`, `classifier`.
class ResNet : public Backbone {
 public:
  explicit ResNet(const ResNetOptions& options);
  BackboneOutput forward(const at::Tensor& pixels, const BackboneWants& wants) override;
  std::int64_t label_count() const noexcept override { return labels_; }
  at::Tensor classify(const at::Tensor& last) override;

 private:
  ConvUnit stem_{nullptr};
  std::vector<std::vector<ResNetBlock>> stages_;
  LinearLayer classifier_{nullptr};
  std::int64_t labels_;
};

/// "resnet"
const BackboneFamily& resnet_family();

}  // namespace fovea::nn
