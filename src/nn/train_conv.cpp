#include "nn/train_conv.hpp"

#include <ATen/ops/conv2d.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace fovea::nn {
namespace {

bool has_slow_gradient(const at::Tensor& x, const at::Tensor& weight, const ConvSteps& steps) {
  if (!c10::GradMode::is_enabled() || !(x.requires_grad() || weight.requires_grad())) return false;
  if (x.scalar_type() != at::kBFloat16 || weight.scalar_type() != at::kFloat) return false;
  const bool depthwise = steps.groups > 1 && steps.groups == x.size(1);
  return depthwise && (steps.stride > 1 || weight.size(-1) > 3);
}

}  // namespace

at::Tensor train_conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const ConvSteps& steps) {
  const auto convolve = [&](const at::Tensor& input) {
    return at::conv2d(input, weight, bias, {steps.stride, steps.stride}, steps.padding, {1, 1}, steps.groups);
  };
  if (!has_slow_gradient(x, weight, steps)) return convolve(x);
  const c10::impl::ExcludeDispatchKeyGuard without_autocast(c10::autocast_dispatch_keyset);
  return convolve(x.to(at::kFloat)).to(x.scalar_type());
}

}  // namespace fovea::nn
