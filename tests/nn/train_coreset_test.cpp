/// Choosing few patches of many, and scores from the distances of normal images.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <ATen/Context.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "train/coreset.hpp"
#include "train/normal_calibration.hpp"
#include "train/normal_config.hpp"

namespace fovea::train {
namespace {

using testing::ElementsAre;

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).norm().item<double>();
}

/// Distance of the vector that is farthest from all centres, and its row.
std::pair<double, std::int64_t> farthest(const at::Tensor& vectors, const std::vector<std::int64_t>& centres) {
  std::pair<double, std::int64_t> result{-1, 0};
  for (std::int64_t i = 0; i < vectors.size(0); ++i) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto c : centres) nearest = std::min(nearest, distance(vectors[i], vectors[c]));
    if (nearest > result.first) result = {nearest, i};
  }
  return result;
}

TEST(Coreset, TakesTheFarthestEachTime) {
  at::manual_seed(1);
  const auto vectors = at::randn({40, 5}) + 20;
  std::vector<std::int64_t> expected{0};
  while (expected.size() < 12) expected.push_back(farthest(vectors, expected).second);
  EXPECT_EQ(greedy_coreset(vectors, 12), expected);
  EXPECT_THAT(greedy_coreset(vectors, 1), ElementsAre(0));
}

TEST(Coreset, CoversNoWorseThanChance) {
  at::manual_seed(2);
  const auto vectors = at::cat({at::randn({150, 4}), at::randn({6, 4}) * 0.1 + 8});  // a small far cluster
  const double radius = farthest(vectors, greedy_coreset(vectors, 10)).first;
  std::mt19937 random(5);
  std::vector<std::int64_t> rows(156);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  for (int draw = 0; draw < 10; ++draw) {
    std::shuffle(rows.begin(), rows.end(), random);
    EXPECT_LE(radius, farthest(vectors, {rows.begin(), rows.begin() + 10}).first);
  }
}

TEST(Coreset, TakesEqualVectorsOnce) {
  EXPECT_THAT(greedy_coreset(at::ones({20, 3}), 5), ElementsAre(0));
  const auto line = at::arange(4, at::kFloat).unsqueeze(1);
  EXPECT_THAT(greedy_coreset(at::cat({line, line}), 8), testing::SizeIs(4));
  EXPECT_THAT(greedy_coreset(line, 100), ElementsAre(0, 3, testing::AnyOf(1, 2), testing::AnyOf(1, 2)));
}

TEST(Coreset, StopsWhenTold) {
  at::manual_seed(3);
  std::vector<std::int64_t> seen;
  const auto chosen = greedy_coreset(at::randn({500, 3}), 400, [&](std::int64_t size) {
    seen.push_back(size);
    return seen.size() < 2;
  });
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_EQ(static_cast<std::int64_t>(chosen.size()), seen.back());
}

TEST(RandomProjection, KeepsDistancesAboutAsTheyAre) {
  at::manual_seed(4);
  const auto vectors = at::randn({30, 400});
  const auto projected = random_projection(vectors, 128, 9);
  EXPECT_EQ(projected.sizes(), (std::vector<std::int64_t>{30, 128}));
  double sum = 0, largest = 0;
  int pairs = 0;
  for (std::int64_t i = 0; i < 30; ++i) {
    for (std::int64_t j = 0; j < i; ++j) {
      const double ratio = distance(projected[i], projected[j]) / distance(vectors[i], vectors[j]);
      sum += ratio;
      largest = std::max(largest, std::abs(ratio - 1));
      ++pairs;
    }
  }
  EXPECT_NEAR(sum / pairs, 1, 0.05);
  EXPECT_LT(largest, 0.35);
  EXPECT_TRUE(projected.equal(random_projection(vectors, 128, 9))) << "the same from the same seed";
  EXPECT_FALSE(projected.equal(random_projection(vectors, 128, 10)));
  EXPECT_TRUE(vectors.equal(random_projection(vectors, 400, 9)));
}

double score(const nn::DistanceScale& scale, double distance) {
  return 1 / (1 + std::exp(-(distance - scale.limit) / scale.scale));
}

TEST(NormalCalibration, NeedsEnoughImagesForItsPromise) {
  EXPECT_EQ(fewest_normal_images(0.05), 19);
  EXPECT_EQ(fewest_normal_images(0.1), 9);
  EXPECT_EQ(fewest_normal_images(0.5), 2);
  EXPECT_THROW(scale_of_images(std::vector<double>(18, 1.0), 0.05), Error);
  EXPECT_NO_THROW(scale_of_images(std::vector<double>(19, 1.0), 0.05));
}

TEST(NormalCalibration, FewNormalImagesReachOneHalf) {
  std::mt19937 random(6);
  std::lognormal_distribution<double> draw(0, 0.3);
  int called = 0;
  constexpr int kRuns = 2000, kImages = 30;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> held_out(kImages);
    for (auto& value : held_out) value = draw(random);
    const auto scale = scale_of_images(held_out, 0.1);
    called += score(scale, draw(random)) >= 0.5 ? 1 : 0;
    const auto own = std::count_if(held_out.begin(), held_out.end(), [&](double d) { return score(scale, d) >= 0.5; });
    ASSERT_LE(own, kImages / 10);
    std::sort(held_out.begin(), held_out.end());
    ASSERT_NEAR(score(scale, (held_out[14] + held_out[15]) / 2), 0.05, 1e-9);
  }
  // The rank promises at most 0.1, and 3 / 31 of the distances lie above it; three standard errors are 0.02.
  EXPECT_NEAR(static_cast<double>(called) / kRuns, 0.09, 0.025);
}

TEST(NormalCalibration, AlikeImagesHaveALimitTooAndPixelsAQuantile) {
  const auto alike = scale_of_images(std::vector<double>(20, 2.0), 0.05);
  EXPECT_LT(score(alike, 2.0), 0.5);
  EXPECT_GT(score(alike, 2.1), 0.9);
  const auto none = scale_of_images(std::vector<double>(20, 0.0), 0.05);
  EXPECT_GT(none.scale, 0);
  const auto pixels = scale_of_pixels(at::arange(1000, at::kFloat).view({10, 100}), 0.02);
  EXPECT_NEAR(pixels.limit, 979, 1);
  EXPECT_NEAR(score(pixels, 499), 0.05, 1e-3);
}

}  // namespace
}  // namespace fovea::train
