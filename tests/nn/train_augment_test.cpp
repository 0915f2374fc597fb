/// Augmentation changes what it may, as far as it may, and the same way for the same seed.
#include <algorithm>
#include <cstdint>
#include <random>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include "train/augment.hpp"

namespace fovea::train {
namespace {

constexpr std::int64_t kSide = 64;
constexpr int kDraws = 64;
const AugmentOptions kNothing{.min_crop_area = 1, .max_aspect = 1, .brightness = 0, .contrast = 0, .saturation = 0};

at::Tensor photo() { return at::randint(256, {kSide, kSide, 3}, at::TensorOptions(at::kByte)); }

at::Tensor augmented(const at::Tensor& rgb, bool may_flip, const AugmentOptions& options, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  return augment(rgb, may_flip, options, random);
}

TEST(Augment, SameSeedSamePixels) {
  const auto rgb = photo();
  const auto before = rgb.clone();
  const auto first = augmented(rgb, true, {}, 1);
  EXPECT_TRUE(at::equal(first, augmented(rgb, true, {}, 1)));
  EXPECT_FALSE(at::equal(first, augmented(rgb, true, {}, 2)));
  EXPECT_TRUE(at::equal(rgb, before));
  EXPECT_EQ(first.sizes(), rgb.sizes());
  EXPECT_EQ(first.scalar_type(), at::kByte);
}

TEST(Augment, NothingAllowedNothingDone) {
  const auto rgb = photo();
  for (int seed = 0; seed < kDraws; ++seed) EXPECT_TRUE(at::equal(augmented(rgb, false, kNothing, seed), rgb));
}

TEST(Augment, FlipsHalfOfTheImagesThatMayBe) {
  const auto rgb = photo();
  const auto mirrored = rgb.flip(1);
  int flipped = 0;
  for (int seed = 0; seed < kDraws; ++seed) {
    const auto result = augmented(rgb, true, kNothing, seed);
    if (at::equal(result, mirrored))
      ++flipped;
    else
      EXPECT_TRUE(at::equal(result, rgb)) << "seed " << seed;
  }
  EXPECT_GT(flipped, kDraws / 4);
  EXPECT_LT(flipped, kDraws * 3 / 4);
}

TEST(Augment, AnImageThatMayNotFlipIsChangedAsOneThatMayButForTheFlip) {
  const auto rgb = photo();
  AugmentOptions crop = kNothing;
  crop.min_crop_area = 0.5;
  int flipped = 0;
  for (int seed = 0; seed < kDraws; ++seed) {
    const auto fixed = augmented(rgb, false, crop, seed);
    const auto free = augmented(rgb, true, crop, seed);
    if (at::equal(free, fixed)) continue;
    EXPECT_TRUE(at::equal(free, fixed.flip(1))) << "seed " << seed;
    ++flipped;
  }
  EXPECT_GT(flipped, 0);
}

TEST(Augment, CropsKeepTheirShareOfThePhotoAndItsSize) {
  // Red counts columns and green counts rows, so that the range of each tells how much of the photo is left.
  const auto count = at::arange(kSide, at::TensorOptions(at::kByte)) * 4;
  const auto columns = count.unsqueeze(0).expand({kSide, kSide});
  const auto rgb = at::stack({columns, columns.t(), at::zeros_like(columns)}, 2).contiguous();
  AugmentOptions crop = kNothing;
  crop.min_crop_area = 0.6;
  crop.max_aspect = 1.25;
  double smallest = 1, narrowest = 1;
  for (int seed = 0; seed < kDraws; ++seed) {
    const auto result = augmented(rgb, false, crop, seed).to(at::kFloat);
    ASSERT_EQ(result.sizes(), rgb.sizes());
    const auto side = [&](std::int64_t channel) {
      const auto values = result.select(2, channel);
      return ((values.max() - values.min()).item<double>() / 4 + 1) / kSide;
    };
    const double width = side(0), height = side(1);
    EXPECT_GT(width * height, 0.6 - 0.05) << "seed " << seed;
    EXPECT_LT(width / height, 1.25 + 0.08) << "seed " << seed;
    EXPECT_GT(width / height, 1 / 1.25 - 0.08) << "seed " << seed;
    smallest = std::min(smallest, width * height);
    narrowest = std::min(narrowest, width / height);
  }
  EXPECT_LT(smallest, 0.7);
  EXPECT_LT(narrowest, 0.9);
}

TEST(Augment, ColoursChangeWithinTheirFactors) {
  const auto grey = at::zeros_like(photo()).fill_(100);
  AugmentOptions bright = kNothing;
  bright.brightness = 0.3;
  double lowest = 255, highest = 0;
  for (int seed = 0; seed < kDraws; ++seed) {
    const auto result = augmented(grey, false, bright, seed).to(at::kFloat);
    EXPECT_EQ(result.min().item<double>(), result.max().item<double>());
    lowest = std::min(lowest, result.min().item<double>());
    highest = std::max(highest, result.max().item<double>());
  }
  EXPECT_GE(lowest, 69);
  EXPECT_LT(lowest, 90);
  EXPECT_LE(highest, 131);
  EXPECT_GT(highest, 110);

  // Saturation and contrast leave an even grey as it is.
  AugmentOptions colour = kNothing;
  colour.saturation = colour.contrast = 0.5;
  for (int seed = 0; seed < kDraws; ++seed) EXPECT_TRUE(at::equal(augmented(grey, false, colour, seed), grey));
}

}  // namespace
}  // namespace fovea::train
