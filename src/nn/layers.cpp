#include "nn/layers.hpp"

#include <utility>

#include <ATen/ops/addcmul.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/hardswish.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <c10/core/GradMode.h>

#include "fovea/error.hpp"
#include "nn/packed_linear.hpp"

namespace fovea::nn {
namespace {

constexpr double kQuickGelu = 1.702;

constexpr std::array<std::pair<const char*, Activation>, 12> kActivations{{{"gelu", Activation::gelu},
                                                                           {"gelu_python", Activation::gelu},
                                                                           {"gelu_new", Activation::gelu_tanh},
                                                                           {"gelu_fast", Activation::gelu_tanh},
                                                                           {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                                           {"quick_gelu", Activation::quick_gelu},
                                                                           {"relu", Activation::relu},
                                                                           {"relu6", Activation::relu6},
                                                                           {"silu", Activation::silu},
                                                                           {"swish", Activation::silu},
                                                                           {"hardswish", Activation::hard_swish},
                                                                           {"hard_swish", Activation::hard_swish}}};

at::Tensor quick_gelu(const at::Tensor& x) {
  const auto scaled = x * kQuickGelu;
  if (c10::GradMode::is_enabled()) return x * at::sigmoid(scaled);
  return scaled.sigmoid_().mul_(x);
}

}  // namespace

Activation activation_named(const std::string& name, const std::string& source) {
  std::string known;
  for (const auto& [text, activation] : kActivations) {
    if (name == text) return activation;
    known += (known.empty() ? "" : ", ") + std::string(text);
  }
  throw Error(ErrorCode::unsupported,
              source + ": the activation '" + name + "' is not known; expected one of " + known);
}

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::gelu:
      return at::gelu(x);
    case Activation::gelu_tanh:
      return at::gelu(x, "tanh");
    case Activation::quick_gelu:
      return quick_gelu(x);
    case Activation::relu:
      return at::relu(x);
    case Activation::relu6:
      return at::hardtanh(x, 0, 6);
    case Activation::silu:
      return at::silu(x);
    case Activation::hard_swish:
      return at::hardswish(x);
  }
  throw Error(ErrorCode::internal, "an activation without a function");
}

LinearLayerImpl::LinearLayerImpl(std::int64_t in, std::int64_t out, bool bias)
    : weight_(register_parameter("weight", at::empty({out, in}))) {
  if (bias) bias_ = register_parameter("bias", at::empty({out}));
}

at::Tensor LinearLayerImpl::forward(const at::Tensor& x) {
  return packed_ ? (*packed_)(x) : at::linear(x, weight_, bias_);
}

at::Tensor LinearLayerImpl::activated(const at::Tensor& x, Activation activation) {
  return packed_ ? (*packed_)(x, activation) : activate(at::linear(x, weight_, bias_), activation);
}

void LinearLayerImpl::pack() {
  if (packed_ || !PackedLinear::is_supported(weight_)) return;
  packed_ = std::make_shared<const PackedLinear>(weight_, bias_);
  weight_.set_data(at::empty({0}, weight_.options()));
}

void pack_linears(const torch::nn::Module& module) {
  for (const auto& part : module.modules(/*include_self=*/false)) {
    if (auto* linear = part->as<LinearLayerImpl>()) linear->pack();
  }
}

NormLayerImpl::NormLayerImpl(std::int64_t width, double epsilon)
    : weight_(register_parameter("weight", at::empty({width}))),
      bias_(register_parameter("bias", at::empty({width}))),
      epsilon_(epsilon) {}

at::Tensor NormLayerImpl::forward(const at::Tensor& x) {
  return at::layer_norm(x, weight_.sizes(), weight_, bias_, epsilon_);
}

EmbeddingLayerImpl::EmbeddingLayerImpl(std::int64_t count, std::int64_t width)
    : weight_(register_parameter("weight", at::empty({count, width}))) {}

at::Tensor EmbeddingLayerImpl::forward(const at::Tensor& ids) { return at::embedding(weight_, ids); }

ConvLayerImpl::ConvLayerImpl(const ConvLayerOptions& options)
    : options_(options),
      weight_(register_parameter(
          "weight", at::empty({options.out, options.in / options.groups, options.kernel, options.kernel}))) {
  if (options.bias) bias_ = register_parameter("bias", at::empty({options.out}));
}

at::Tensor ConvLayerImpl::forward(const at::Tensor& x) {
  const auto& o = options_;
  return at::conv2d(x, weight_, bias_, {o.stride, o.stride}, {o.padding, o.padding}, {1, 1}, o.groups);
}

ScaleShiftImpl::ScaleShiftImpl(std::int64_t channels)
    : weight_(register_parameter("weight", at::empty({channels}))),
      bias_(register_parameter("bias", at::empty({channels}))) {}

at::Tensor ScaleShiftImpl::forward(const at::Tensor& x) {
  return at::addcmul(bias_.view({1, -1, 1, 1}), x, weight_.view({1, -1, 1, 1}));
}

}  // namespace fovea::nn
