#include "nn/mobilenet_v2.hpp"

#include <algorithm>
#include <cmath>
#include <regex>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include "fovea/error.hpp"
#include "nn/train_conv.hpp"

namespace fovea::nn {
namespace {

struct Stage {
  std::int64_t expansion, out, repeats, stride;
};
// Table 2 of the paper.
constexpr std::array<Stage, 7> kStages{
    {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};

/// Padding before and after one axis: TensorFlow puts the odd one after.
std::pair<std::int64_t, std::int64_t> same_padding(std::int64_t size, std::int64_t kernel, std::int64_t stride) {
  const auto out = (size + stride - 1) / stride;
  const auto total = std::max<std::int64_t>((out - 1) * stride + kernel - size, 0);
  return {total / 2, total - total / 2};
}

}  // namespace

ConvImpl::ConvImpl(const ConvOptions& options) : options_(options) {
  const auto fan_in = options.in / options.groups * options.kernel * options.kernel;
  weight_ = register_parameter("weight",
                               at::randn({options.out, options.in / options.groups, options.kernel, options.kernel}) *
                                   std::sqrt(2.0 / static_cast<double>(fan_in)));
  bias_ = register_parameter("bias", at::zeros({options.out}));
}

at::Tensor ConvImpl::forward(const at::Tensor& x) {
  const auto& o = options_;
  const auto [top, bottom] = same_padding(x.size(2), o.kernel, o.stride);
  const auto [left, right] = same_padding(x.size(3), o.kernel, o.stride);
  const bool symmetric = top == bottom && left == right;
  const auto padded = symmetric ? x : at::constant_pad_nd(x, {left, right, top, bottom});
  const auto padding = symmetric ? std::array{top, left} : std::array<std::int64_t, 2>{0, 0};
  const auto y = train_conv2d(padded, weight_, bias_, {.stride = o.stride, .padding = padding, .groups = o.groups});
  if (!o.relu6) return y;
  // hardtanh, whose gradient is one vectorised loop: that of clamp took a third of a training step.
  return y.requires_grad() ? at::hardtanh(y, 0, 6) : y.clamp_(0, 6);
}

InvertedResidualImpl::InvertedResidualImpl(std::int64_t in, std::int64_t out, std::int64_t stride,
                                           std::int64_t expansion)
    : residual_(stride == 1 && in == out) {
  const auto hidden = in * expansion;
  if (expansion != 1) expand_ = register_module("expand", Conv(ConvOptions{.in = in, .out = hidden}));
  depthwise_ = register_module(
      "depthwise", Conv(ConvOptions{.in = hidden, .out = hidden, .kernel = 3, .stride = stride, .groups = hidden}));
  project_ = register_module("project", Conv(ConvOptions{.in = hidden, .out = out, .relu6 = false}));
}

at::Tensor InvertedResidualImpl::forward(const at::Tensor& x) {
  const auto y = project_(depthwise_(expand_ ? expand_(x) : x));
  return residual_ ? x + y : y;
}

std::vector<Conv> InvertedResidualImpl::convs() const {
  if (expand_.is_empty()) return {depthwise_, project_};
  return {expand_, depthwise_, project_};
}

MobileNetV2Impl::MobileNetV2Impl() {
  stem_ = register_module("stem", Conv(ConvOptions{.in = 3, .out = 32, .kernel = 3, .stride = 2}));
  const auto blocks = register_module("blocks", std::make_shared<torch::nn::Module>());
  std::int64_t in = 32;
  for (const auto& stage : kStages) {
    for (std::int64_t i = 0; i < stage.repeats; ++i) {
      const InvertedResidual block(in, stage.out, i == 0 ? stage.stride : 1, stage.expansion);
      blocks_.push_back(blocks->register_module(std::to_string(blocks_.size()), block));
      in = stage.out;
    }
  }
  head_ = register_module("head", Conv(ConvOptions{.in = in, .out = kCoarseChannels}));
}

std::vector<at::Tensor> MobileNetV2Impl::stem_weights() const {
  auto weights = stem_->parameters();
  for (std::size_t i = 0; i < kQuarterBlocks; ++i) {
    const auto more = blocks_[i]->parameters();
    weights.insert(weights.end(), more.begin(), more.end());
  }
  return weights;
}

GridFeatures MobileNetV2Impl::forward(const at::Tensor& pixels) { return forward_from(stem_(pixels), 0); }

PyramidFeatures MobileNetV2Impl::pyramid(const at::Tensor& pixels) { return pyramid_from(stem_(pixels), 0); }

PyramidFeatures MobileNetV2Impl::pyramid_from(const at::Tensor& input, std::size_t first) {
  PyramidFeatures features;
  auto x = input;
  for (std::size_t i = first; i < kQuarterBlocks; ++i) x = blocks_[i](x);
  features.quarter = x;
  for (std::size_t i = kQuarterBlocks; i < kEighthBlocks; ++i) x = blocks_[i](x);
  features.eighth = x;
  features.grids = forward_from(x, kEighthBlocks);
  return features;
}

GridFeatures MobileNetV2Impl::forward_from(const at::Tensor& input, std::size_t first) {
  GridFeatures grids;
  auto x = input;
  for (std::size_t i = first; i < blocks_.size(); ++i) {
    x = blocks_[i](x);
    if (i + 1 == kFineBlocks) grids.fine = x;
  }
  grids.coarse = head_(x);
  return grids;
}

at::Tensor MobileNetV2Impl::normalise(const at::Tensor& rgb) {
  return rgb.permute({0, 3, 1, 2})
      .to(at::kFloat, /*non_blocking=*/false, /*copy=*/true, at::MemoryFormat::ChannelsLast)
      .div_(127.5)
      .sub_(1.0);
}

std::string mobilenet_v2_name(const std::string& name) {
  static const std::regex pattern(R"(features\.(\d+)\.(?:conv\.)?(\d)(?:\.0)?\.(weight|bias))");
  if (name.starts_with("classifier.")) return {};
  std::smatch match;
  if (!std::regex_match(name, match, pattern)) {
    throw Error(ErrorCode::model, "'" + name + "' is not a weight of MobileNetV2 (torchvision's names are expected)");
  }
  const int feature = std::stoi(match[1]);
  const int part = std::stoi(match[2]);
  const std::string kind = "." + match[3].str();
  if (feature == 0) return "stem" + kind;
  if (feature == 18) return "head" + kind;
  // Block 0 has no expansion, so that its depthwise convolution is number 0.
  static constexpr std::array kParts{"expand", "depthwise", "project"};
  const auto index = static_cast<std::size_t>(part + (feature == 1 ? 1 : 0));
  if (feature > 18 || index >= kParts.size()) {
    throw Error(ErrorCode::model, "'" + name + "' is beyond the 18 features of MobileNetV2 1.0");
  }
  return "blocks." + std::to_string(feature - 1) + "." + kParts[index] + kind;
}

}  // namespace fovea::nn
