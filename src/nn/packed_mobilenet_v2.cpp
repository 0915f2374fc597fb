#include "nn/packed_mobilenet_v2.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <c10/core/GradMode.h>

namespace fovea::nn {
namespace {

// Eight images' largest activations (8 x 96 x 112 x 112 in bfloat16) are what the caches still help with; sixteen took
// 1.5 times as long an image.
constexpr std::int64_t kPiece = 8;

/// Calls an operator of LibTorch that has no C++ function: oneDNN's fused ones are reached through the dispatcher only.
template <typename... Arguments>
at::Tensor call(const char* name, const char* overload, Arguments&&... arguments) {
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
  torch::jit::Stack stack{c10::IValue(std::forward<Arguments>(arguments))...};
  op.callBoxed(stack);
  return stack.front().toTensor();
}

using Ints = std::vector<std::int64_t>;

c10::List<std::optional<at::Scalar>> relu6_bounds() {
  return c10::List<std::optional<at::Scalar>>({at::Scalar(0.0), at::Scalar(6.0)});
}

}  // namespace

PackedConv::PackedConv(const ConvImpl& conv, at::ScalarType type, std::int64_t size)
    : padding_((conv.options().kernel - 1) / 2),
      stride_(conv.options().stride),
      groups_(conv.options().groups),
      relu6_(conv.options().relu6) {
  const c10::AutoGradMode no_grad(false);
  auto weight = conv.weight().detach();
  // TensorFlow pads even sizes after the end only. oneDNN's operator takes symmetric padding, so the kernel gets a row
  // and a column of zeros in front instead: the same sums, without a padded copy of the input.
  if (stride_ == 2) weight = at::constant_pad_nd(weight, {1, 0, 1, 0});
  weight = weight.to(type).contiguous(at::MemoryFormat::ChannelsLast);
  bias_ = conv.bias().detach().to(type);
  weight_ = call("mkldnn::_reorder_convolution_weight", "", weight, Ints{padding_, padding_}, Ints{stride_, stride_},
                 Ints{1, 1}, groups_, std::optional<Ints>(Ints{kPiece, conv.options().in, size, size}));
}

at::Tensor PackedConv::operator()(const at::Tensor& x) const {
  return call("mkldnn::_convolution_pointwise", "", x, weight_, bias_, Ints{padding_, padding_}, Ints{stride_, stride_},
              Ints{1, 1}, groups_, std::string(relu6_ ? "hardtanh" : "none"),
              relu6_ ? relu6_bounds() : c10::List<std::optional<at::Scalar>>(), std::string());
}

at::Tensor PackedConv::add(const at::Tensor& x, const at::Tensor& other) const {
  return call("mkldnn::_convolution_pointwise", "binary", x, other, weight_, bias_, Ints{padding_, padding_},
              Ints{stride_, stride_}, Ints{1, 1}, groups_, std::string("add"), c10::IValue(), c10::IValue(),
              c10::List<std::optional<at::Scalar>>(), c10::IValue());
}

at::Tensor PackedMobileNetV2::Block::operator()(const at::Tensor& x) const {
  auto y = x;
  for (std::size_t i = 0; i + 1 < convs.size(); ++i) y = convs[i](y);
  return residual ? convs.back().add(y, x) : convs.back()(y);
}

PackedMobileNetV2::PackedMobileNetV2(const MobileNetV2Impl& network, at::ScalarType type, std::int64_t size)
    : type_(type) {
  ends_.emplace_back(*network.stem(), type, size);
  auto side = size / 2;
  for (const auto& block : network.blocks()) {
    Block packed{.convs = {}, .residual = block->residual()};
    for (const auto& conv : block->convs()) {
      packed.convs.emplace_back(*conv, type, side);
      side /= conv->options().stride;
    }
    blocks_.push_back(std::move(packed));
  }
  ends_.emplace_back(*network.head(), type, side);
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
