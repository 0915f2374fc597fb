#include "nn/conv_unit.hpp"

#include <algorithm>
#include <utility>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

#include "nn/train_conv.hpp"

namespace fovea::nn {
namespace {

/// Zeros before and after one axis.
std::pair<std::int64_t, std::int64_t> same_padding(std::int64_t size, const ConvUnitOptions& o) {
  const auto out = (size + o.stride - 1) / o.stride;
  const auto total = std::max<std::int64_t>((out - 1) * o.stride + o.kernel - size, 0);
  return {total / 2, total - total / 2};
}

/// Whether TensorFlow's zeros are as many on every side, whatever the size.
bool is_even(const ConvUnitOptions& o) { return o.stride == 1 && o.kernel % 2 == 1; }

/// The zeros that the convolution itself adds on every side.
std::int64_t own_padding(const ConvUnitOptions& o) {
  return o.padding == Padding::half || (o.padding == Padding::same && is_even(o)) ? o.kernel / 2 : 0;
}

/// x with TensorFlow's zeros around it, where the convolution does not add them.
at::Tensor padded(const at::Tensor& x, const ConvUnitOptions& o) {
  if (o.padding != Padding::same || o.kernel == 1 || is_even(o)) return x;
  const auto [top, bottom] = same_padding(x.size(2), o);
  const auto [left, right] = same_padding(x.size(3), o);
  return at::constant_pad_nd(x, {left, right, top, bottom});
}

}  // namespace

ConvUnitImpl::ConvUnitImpl(const ConvUnitOptions& options)
    : options_(options),
      weight_(register_parameter(
          "weight", at::empty({options.out, options.in / options.groups, options.kernel, options.kernel}))) {
  if (options.bias) bias_ = register_parameter("bias", at::empty({options.out}));
}

void ConvUnitImpl::begin_packing() {
  packed_.reset();
  usual_input_.emplace();
}

void ConvUnitImpl::pack() {
  auto activation = options_.activation;
  if (activation && !PackedConv::is_fused(*activation)) activation.reset();
  packed_.emplace(weight_, bias_,
                  PackedConvOptions{.stride = options_.stride,
                                    .padding = own_padding(options_),
                                    .groups = options_.groups,
                                    .activation = activation,
                                    .usual_input = usual_input_.value_or(std::vector<std::int64_t>())});
  usual_input_.reset();
}

bool ConvUnitImpl::is_fast(const at::Tensor& x) const {
  return packed_ && !(c10::GradMode::is_enabled() && (x.requires_grad() || weight_.requires_grad()));
}

at::Tensor ConvUnitImpl::convolve(const at::Tensor& x) {
  const auto& o = options_;
  const auto padding = own_padding(o);
  const auto whole = padded(x, o);
  if (usual_input_) usual_input_ = whole.sizes().vec();
  return train_conv2d(whole, weight_, bias_, {.stride = o.stride, .padding = {padding, padding}, .groups = o.groups});
}

at::Tensor ConvUnitImpl::activated(const at::Tensor& y) const {
  return options_.activation ? activate(y, *options_.activation) : y;
}

at::Tensor ConvUnitImpl::forward(const at::Tensor& x) {
  if (!is_fast(x)) return activated(convolve(x));
  const auto y = (*packed_)(padded(x, options_));
  return options_.activation && !PackedConv::is_fused(*options_.activation) ? activated(y) : y;
}

at::Tensor ConvUnitImpl::forward_plus(const at::Tensor& x, const at::Tensor& other) {
  const bool fits = !options_.activation || *options_.activation == Activation::relu;
  if (!is_fast(x) || !fits) return activated(convolve(x) + other);
  return packed_->add(padded(x, options_), other);
}

}  // namespace fovea::nn
