#include "nn/input_tensor.hpp"

#include <array>
#include <cstddef>

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

namespace fovea::nn {

at::Tensor normalize(const at::Tensor& rgb, const image::InputTransform& transform) {
  // One multiplication and one addition a value: v * (scale / std) + (offset - mean) / std.
  const std::int64_t channels = transform.kind == image::InputKind::xray ? 1 : 3;
  std::array<float, 3> factor{};
  std::array<float, 3> shift{};
  for (std::size_t c = 0; c < factor.size(); ++c) {
    factor[c] = static_cast<float>(transform.scale / transform.std[c]);
    shift[c] = static_cast<float>((transform.offset - transform.mean[c]) / transform.std[c]);
  }
  const auto pixels = rgb.permute({0, 3, 1, 2}).narrow(1, 0, channels).to(at::kFloat).contiguous();
  const auto by_channel = [&](const std::array<float, 3>& values) {
    return at::tensor(at::ArrayRef<float>(values.data(), static_cast<std::size_t>(channels))).view({1, channels, 1, 1});
  };
  return pixels.mul(by_channel(factor)).add_(by_channel(shift));
}

}  // namespace fovea::nn
