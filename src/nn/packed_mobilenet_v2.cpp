#include "nn/packed_mobilenet_v2.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <c10/core/GradMode.h>

namespace fovea::nn {
namespace {

// Eight images' largest activations (8 x 96 x 112 x 112 in bfloat16) are what the caches still help with; sixteen took
// 1.5 times as long an image.
constexpr std::int64_t kPiece = 8;

/// conv(x), then ReLU6 where the convolution has it. @param size of the square input
PackedConv packed(const ConvImpl& conv, at::ScalarType type, std::int64_t size) {
  const c10::AutoGradMode no_grad(false);
  const auto& o = conv.options();
  auto weight = conv.weight().detach();
  // TensorFlow pads even sizes after the end only. oneDNN's operator takes symmetric padding, so the kernel gets a row
  // and a column of zeros in front instead: the same sums, without a padded copy of the input.
  if (o.stride == 2) weight = at::constant_pad_nd(weight, {1, 0, 1, 0});
  return {weight.to(type), conv.bias().detach().to(type),
          PackedConvOptions{.stride = o.stride,
                            .padding = (o.kernel - 1) / 2,
                            .groups = o.groups,
                            .activation = o.relu6 ? std::optional(Activation::relu6) : std::nullopt,
                            .usual_input = {kPiece, o.in, size, size}}};
}

}  // namespace

at::Tensor PackedMobileNetV2::Block::operator()(const at::Tensor& x) const {
  auto y = x;
  for (std::size_t i = 0; i + 1 < convs.size(); ++i) y = convs[i](y);
  return residual ? convs.back().add(y, x) : convs.back()(y);
}

PackedMobileNetV2::PackedMobileNetV2(const MobileNetV2Impl& network, at::ScalarType type, std::int64_t size)
    : type_(type) {
  ends_.push_back(packed(*network.stem(), type, size));
  auto side = size / 2;
  for (const auto& block : network.blocks()) {
    Block fast{.convs = {}, .residual = block->residual()};
    for (const auto& conv : block->convs()) {
      fast.convs.push_back(packed(*conv, type, side));
      side /= conv->options().stride;
    }
    blocks_.push_back(std::move(fast));
  }
  ends_.push_back(packed(*network.head(), type, side));
}

at::Tensor PackedMobileNetV2::stem(const at::Tensor& rgb) const {
  return ends_.front()(MobileNetV2Impl::normalise(rgb).to(type_));
}

PyramidFeatures PackedMobileNetV2::pyramid(const at::Tensor& rgb) const {
  std::vector<at::Tensor> quarter, eighth, fine, coarse;
  for (std::int64_t begin = 0; begin < rgb.size(0); begin += kPiece) {
    auto x = stem(rgb.slice(0, begin, std::min(begin + kPiece, rgb.size(0))));
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      x = blocks_[i](x);
      if (i + 1 == MobileNetV2Impl::kQuarterBlocks) quarter.push_back(x);
      if (i + 1 == MobileNetV2Impl::kEighthBlocks) eighth.push_back(x);
      if (i + 1 == MobileNetV2Impl::kFineBlocks) fine.push_back(x);
    }
    coarse.push_back(ends_.back()(x));
  }
  const auto whole = [](const std::vector<at::Tensor>& pieces) {
    return pieces.size() == 1 ? pieces.front() : at::cat(pieces);
  };
  return {whole(quarter), whole(eighth), {whole(fine), whole(coarse)}};
}

at::Tensor PackedMobileNetV2::prefix(const at::Tensor& rgb, std::size_t blocks) const {
  std::vector<at::Tensor> pieces;
  for (std::int64_t begin = 0; begin < rgb.size(0); begin += kPiece) {
    auto x = stem(rgb.slice(0, begin, std::min(begin + kPiece, rgb.size(0))));
    for (std::size_t i = 0; i < blocks; ++i) x = blocks_[i](x);
    pieces.push_back(x);
  }
  return at::cat(pieces);
}

}  // namespace fovea::nn
