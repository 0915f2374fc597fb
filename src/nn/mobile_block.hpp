/// @file The block of MobileNets V2 and V3 and of EfficientNets: expand, depthwise, squeeze and excite, project.
#pragma once

#include <cstdint>
#include <string>

#include <torch/nn/pimpl.h>

#include "nn/conv_unit.hpp"
#include "nn/name_map.hpp"

namespace fovea::nn {

/// Sizes of a MobileBlock.
struct MobileBlockOptions {
  std::int64_t in = 0;
  std::int64_t hidden = 0;
  std::int64_t out = 0;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  bool expands = true;        ///< begins with a 1x1 convolution from `in` to `hidden`; else these are equal
  std::int64_t squeezed = 0;  ///< features within squeeze and excite; 0: none
  bool smooth_gate = false;   ///< of squeeze and excite
  Activation activation = Activation::relu6;
  Padding padding = Padding::half;
  bool adds = true;  ///< the input is added where stride is 1 and sizes agree
};

/// x * hard_sigmoid(expand(relu(reduce(mean of x)))) per channel (Howard et al. 2019); smooth: sigmoid and SiLU (Tan
/// and Le 2019). Weights: `reduce`, `expand`.
class SqueezeExciteImpl : public torch::nn::Module {
 public:
  SqueezeExciteImpl(std::int64_t width, std::int64_t squeezed, bool smooth = false);
  at::Tensor forward(const at::Tensor& x);

 private:
  LinearLayer reduce_{nullptr};
  LinearLayer expand_{nullptr};
  bool smooth_;
};
TORCH_MODULE(SqueezeExcite);

/// Weights: `expand`, `depthwise`, `excite`, `project`.
class MobileBlockImpl : public torch::nn::Module {
 public:
  explicit MobileBlockImpl(const MobileBlockOptions& options);
  at::Tensor forward(const at::Tensor& x);

 private:
  ConvUnit expand_{nullptr};  // null where there is none
  ConvUnit depthwise_{nullptr};
  SqueezeExcite excite_{nullptr};  // null where there is none
  ConvUnit project_{nullptr};
  bool residual_;
};
TORCH_MODULE(MobileBlock);

/// Features as TensorFlow rounds them: to a multiple of `divisor`, at least `least`, at least 90% of what was asked
/// for.
std::int64_t rounded_width(double width, std::int64_t divisor = 8, std::int64_t least = 8);

/// Appends the rules of timm's names for one block: `ours` and `foreign` end with a dot.
void add_timm_block(NameMap& names, const std::string& ours, const std::string& foreign, bool expands, double epsilon);

}  // namespace fovea::nn
