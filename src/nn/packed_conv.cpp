#include "nn/packed_conv.hpp"

#include <string>
#include <utility>

#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/GradMode.h>

namespace fovea::nn {
namespace {

/// Calls an operator of LibTorch that has no C++ function: oneDNN's fused ones are reached through the dispatcher only.
template <typename... Arguments>
at::Tensor call(const char* name, const char* overload, Arguments&&... arguments) {
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
  torch::jit::Stack stack{c10::IValue(std::forward<Arguments>(arguments))...};
  op.callBoxed(stack);
  return stack.front().toTensor();
}

using Ints = std::vector<std::int64_t>;
using Scalars = c10::List<std::optional<at::Scalar>>;

/// oneDNN's name of an activation; empty where it has none. relu6 is its "hardtanh" from 0 to 6.
std::string fused_name(Activation activation) {
  switch (activation) {
    case Activation::relu:
      return "relu";
    case Activation::relu6:
      return "hardtanh";
    case Activation::hard_swish:
      return "hardswish";
    case Activation::silu:
      return "swish";
    default:
      return {};
  }
}

Scalars bounds(const std::optional<Activation>& activation) {
  if (activation != Activation::relu6) return Scalars();
  return Scalars({at::Scalar(0.0), at::Scalar(6.0)});
}

}  // namespace

bool PackedConv::is_fused(Activation activation) { return !fused_name(activation).empty(); }

PackedConv::PackedConv(const at::Tensor& weight, const at::Tensor& bias, const PackedConvOptions& options)
    : bias_(bias.defined() ? bias.detach() : bias), options_(options) {
  const c10::AutoGradMode no_grad(false);
  const auto& o = options_;
  const auto size = o.usual_input.empty() ? std::nullopt : std::optional<Ints>(o.usual_input);
  weight_ = call("mkldnn::_reorder_convolution_weight", "", weight.detach().contiguous(at::MemoryFormat::ChannelsLast),
                 Ints{o.padding, o.padding}, Ints{o.stride, o.stride}, Ints{1, 1}, o.groups, size);
}

at::Tensor PackedConv::operator()(const at::Tensor& x) const {
  const auto& o = options_;
  return call("mkldnn::_convolution_pointwise", "", x, weight_, bias_.defined() ? c10::IValue(bias_) : c10::IValue(),
              Ints{o.padding, o.padding}, Ints{o.stride, o.stride}, Ints{1, 1}, o.groups,
              o.activation ? fused_name(*o.activation) : "none", bounds(o.activation), std::string());
}

at::Tensor PackedConv::add(const at::Tensor& x, const at::Tensor& other) const {
  const auto& o = options_;
  return call("mkldnn::_convolution_pointwise", "binary", x, other, weight_,
              bias_.defined() ? c10::IValue(bias_) : c10::IValue(), Ints{o.padding, o.padding},
              Ints{o.stride, o.stride}, Ints{1, 1}, o.groups, std::string("add"), c10::IValue(),
              o.activation ? c10::IValue(fused_name(*o.activation)) : c10::IValue(), bounds(o.activation),
              c10::IValue());
}

}  // namespace fovea::nn
