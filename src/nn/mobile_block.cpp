#include "nn/mobile_block.hpp"

#include <algorithm>

#include <ATen/ops/hardsigmoid.h>
#include <ATen/ops/sigmoid.h>

namespace fovea::nn {

SqueezeExciteImpl::SqueezeExciteImpl(std::int64_t width, std::int64_t squeezed, bool smooth)
    : reduce_(register_module("reduce", LinearLayer(width, squeezed))),
      expand_(register_module("expand", LinearLayer(squeezed, width))),
      smooth_(smooth) {}

at::Tensor SqueezeExciteImpl::forward(const at::Tensor& x) {
  const auto scores = expand_(activate(reduce_(x.mean({2, 3})), smooth_ ? Activation::silu : Activation::relu));
  const auto gate = smooth_ ? at::sigmoid(scores) : at::hardsigmoid(scores);
  return x * gate.view({x.size(0), x.size(1), 1, 1});
}

MobileBlockImpl::MobileBlockImpl(const MobileBlockOptions& o) : residual_(o.adds && o.stride == 1 && o.in == o.out) {
  if (o.expands) {
    expand_ =
        register_module("expand", ConvUnit(ConvUnitOptions{.in = o.in, .out = o.hidden, .activation = o.activation}));
  }
  depthwise_ = register_module("depthwise", ConvUnit(ConvUnitOptions{.in = o.hidden,
                                                                     .out = o.hidden,
                                                                     .kernel = o.kernel,
                                                                     .stride = o.stride,
                                                                     .groups = o.hidden,
                                                                     .padding = o.padding,
                                                                     .activation = o.activation}));
  if (o.squeezed > 0) excite_ = register_module("excite", SqueezeExcite(o.hidden, o.squeezed, o.smooth_gate));
  project_ = register_module("project", ConvUnit(ConvUnitOptions{.in = o.hidden, .out = o.out}));
}

at::Tensor MobileBlockImpl::forward(const at::Tensor& x) {
  auto y = depthwise_(expand_.is_empty() ? x : expand_(x));
  if (!excite_.is_empty()) y = excite_(y);
  return residual_ ? project_->forward_plus(y, x) : project_(y);
}

std::int64_t rounded_width(double width, std::int64_t divisor, std::int64_t least) {
  const auto step = static_cast<double>(divisor);
  const auto nearest = static_cast<std::int64_t>(width + step / 2) / divisor * divisor;
  const auto rounded = std::max(least, nearest);
  return static_cast<double>(rounded) < 0.9 * width ? rounded + divisor : rounded;
}

void add_timm_block(NameMap& names, const std::string& ours, const std::string& foreign, bool expands, double epsilon) {
  const auto unit = [&](const char* mine, const char* convolution, const char* norm) {
    names.rules.push_back(folded(ours + mine, foreign + convolution, foreign + norm, epsilon));
  };
  if (expands) {
    unit("expand.", "conv_pw.", "bn1.");
    unit("depthwise.", "conv_dw.", "bn2.");
    unit("project.", "conv_pwl.", "bn3.");
  } else {
    unit("depthwise.", "conv_dw.", "bn1.");
    unit("project.", "conv_pw.", "bn2.");
  }
  names.rules.push_back({.ours = ours + "excite.reduce.", .foreign = foreign + "se.conv_reduce.", .squeezed = true});
  names.rules.push_back({.ours = ours + "excite.expand.", .foreign = foreign + "se.conv_expand.", .squeezed = true});
}

}  // namespace fovea::nn
