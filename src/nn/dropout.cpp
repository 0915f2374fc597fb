#include "nn/dropout.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <mutex>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>

namespace fovea::nn {
namespace {

/// One seed from LibTorch's default generator.
std::uint64_t draw_seed() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

/// splitmix64 (Steele et al. 2014): counters in, random bits out, so that the loop has no chain and vectorises.
std::uint64_t splitmix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// 1 where a byte is at least `threshold`, 0 below, in the element type of `x`, times `scale`.
at::Tensor keep_mask(const at::Tensor& x, unsigned threshold) {
  constexpr std::int64_t kPerDraw = 8;
  constexpr std::uint64_t kIncrement = 0x9e3779b97f4a7c15U;
  const auto count = x.numel();
  const auto draws = (count + kPerDraw - 1) / kPerDraw;
  auto mask = at::empty({draws * kPerDraw}, at::TensorOptions(at::kByte));
  auto* bytes = mask.mutable_data_ptr<std::uint8_t>();
  const std::uint64_t seed = draw_seed();
  for (std::int64_t i = 0; i < draws; ++i) {
    const auto bits = splitmix(seed + static_cast<std::uint64_t>(i + 1) * kIncrement);
    std::memcpy(bytes + i * kPerDraw, &bits, kPerDraw);
  }
  for (std::int64_t i = 0; i < draws * kPerDraw; ++i) bytes[i] = bytes[i] >= threshold ? 1 : 0;
  return mask.slice(0, 0, count).view(x.sizes());
}

}  // namespace

at::Tensor dropout(const at::Tensor& x, double p) {
  constexpr double kLevels = 256;
  const auto threshold = static_cast<unsigned>(std::lround(p * kLevels));
  if (threshold == 0) return x;
  const double scale = kLevels / (kLevels - threshold);
  return x * (keep_mask(x, threshold).to(x.scalar_type()) * scale);
}

}  // namespace fovea::nn
