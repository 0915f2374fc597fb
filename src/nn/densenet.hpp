/// @file DenseNet 121 to 201 (Huang et al. 2016) as torchvision and timm publish it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/nn/pimpl.h>

#include "nn/backbone_families.hpp"
#include "nn/conv_unit.hpp"

namespace fovea::nn {

/// Sizes of a DenseNet. Defaults: DenseNet-121.
struct DenseNetOptions {
  std::int64_t channels = 3;                        ///< of the input
  std::int64_t stem = 64;                           ///< features after the first convolution
  std::int64_t growth = 32;                         ///< features that each layer adds
  std::vector<std::int64_t> depths{6, 12, 24, 16};  ///< layers of each block
  std::int64_t input = 224;                         ///< pixels of a side that the network was made for
  std::int64_t labels = 0;
};

/// Norm, ReLU, 1x1, norm, ReLU, 3x3. Weights: `norm` (ScaleShift), `squeeze`, `grow`.
class DenseLayerImpl : public torch::nn::Module {
 public:
  DenseLayerImpl(std::int64_t in, std::int64_t growth);
  /// [B, in, H, W] -> [B, growth, H, W]
  at::Tensor forward(const at::Tensor& x);

 private:
  ScaleShift norm_{nullptr};
  ConvUnit squeeze_{nullptr};
  ConvUnit grow_{nullptr};
};
TORCH_MODULE(DenseLayer);

/// Layers that see the outputs of all layers before them.
class DenseBlockImpl : public torch::nn::Module {
 public:
  DenseBlockImpl(std::int64_t in, std::int64_t growth, std::int64_t depth);
  /// [B, in, H, W] -> [B, in + depth * growth, H, W]
  at::Tensor forward(const at::Tensor& x);

 private:
  std::vector<DenseLayer> layers_;
  std::int64_t growth_;
};
TORCH_MODULE(DenseBlock);

/// Norm, ReLU, 1x1, mean of 2x2. Weights: `norm`, `conv`.
class TransitionImpl : public torch::nn::Module {
 public:
  TransitionImpl(std::int64_t in, std::int64_t out);
  at::Tensor forward(const at::Tensor& x);

 private:
  ScaleShift norm_{nullptr};
  ConvUnit conv_{nullptr};
};
TORCH_MODULE(Transition);

/// The last grid is taken behind the last norm and ReLU. Weights: `stem`, `blocks.B.L`, `transitions.B`, `norm`,
/// `classifier`.
class DenseNet : public Backbone {
 public:
  explicit DenseNet(const DenseNetOptions& options);
  BackboneOutput forward(const at::Tensor& pixels, const BackboneWants& wants) override;
  std::int64_t label_count() const noexcept override { return labels_; }
  at::Tensor classify(const at::Tensor& last) override;

 private:
  ConvUnit stem_{nullptr};
  std::vector<DenseBlock> blocks_;
  std::vector<Transition> transitions_;
  ScaleShift norm_{nullptr};
  LinearLayer classifier_{nullptr};
  std::int64_t labels_;
};

/// Where the weights of a DenseNet are found: torchvision's names, which are timm's and TorchXRayVision's too, and
/// those of torchvision's files of 2017 ("norm.1" for "norm1").
NameMap densenet_names(const DenseNetOptions& options, const TensorMap& tensors);

/// "densenet"
const BackboneFamily& densenet_family();

}  // namespace fovea::nn
