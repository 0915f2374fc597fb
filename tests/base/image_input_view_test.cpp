#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/input_view.hpp"

namespace fovea::image {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

TEST(InputView, AllOfAnImage) {
  EXPECT_TRUE(shows_all({}, 40, 30));
  EXPECT_TRUE(shows_all({0, 0, 40, 30}, 40, 30));
  EXPECT_FALSE(shows_all({0, 0, 40, 29}, 40, 30));
  EXPECT_FALSE(shows_all({-1, 0, 41, 30}, 40, 30));
  const InputView whole = scaled({}, 40, 30, 7, 5);
  EXPECT_TRUE(shows_all(whole, 7, 5));
  EXPECT_EQ(whole.width, 7);
  const InputView part = scaled({10, -6, 20, 42}, 40, 30, 20, 10);
  EXPECT_THAT((std::vector{part.x, part.y, part.width, part.height}), ElementsAre(5, -2, 10, 14));
}

TEST(InputView, GeometryOfAnImageThatNoLoaderMade) {
  Image image{.width = 4, .height = 3, .pixels = {}, .geometry = {}};
  EXPECT_EQ(full_geometry(image).width, 4);
  image.geometry.width = 8;
  image.geometry.height = 6;
  EXPECT_EQ(full_geometry(image).height, 6);
}

TEST(StretchMap, IsLinearBetweenTheCentresOfCells) {
  const std::vector<float> map{0, 4};
  // Cells of 4 pixels on the middle of a row of 12.
  EXPECT_THAT(stretch_map(map, 2, 1, MapKernel::linear, 12, 1, {2, 0, 8, 1}, -1),
              Pointwise(FloatNear(1e-6F), {-1.F, -1.F, 0.F, 0.F, 0.5F, 1.5F, 2.5F, 3.5F, 4.F, 4.F, -1.F, -1.F}));
  // The same where the view begins outside.
  EXPECT_THAT(stretch_map(map, 2, 1, MapKernel::linear, 4, 1, {-3, 0, 8, 1}, -1),
              Pointwise(FloatNear(1e-6F), {1.5F, 2.5F, 3.5F, 4.F}));
}

TEST(StretchMap, KeepsTheValuesAtTheCentresOfCells) {
  std::vector<float> map;
  for (int i = 0; i < 15; ++i) map.push_back(static_cast<float>(i * i % 11));
  for (const MapKernel kernel : {MapKernel::linear, MapKernel::cubic}) {
    // 5 x 3 cells of 5 x 7 pixels, beginning at (4, 2).
    const auto stretched = stretch_map(map, 5, 3, kernel, 33, 30, {4, 2, 25, 21}, NAN);
    for (int y = 0; y < 3; ++y) {
      for (int x = 0; x < 5; ++x) {
        EXPECT_NEAR(stretched[static_cast<std::size_t>((2 + 7 * y + 3) * 33 + 4 + 5 * x + 2)],
                    map[static_cast<std::size_t>(y * 5 + x)], 1e-5);
      }
    }
    EXPECT_TRUE(std::isnan(stretched[static_cast<std::size_t>(1 * 33 + 10)]));
    EXPECT_TRUE(std::isnan(stretched[static_cast<std::size_t>(10 * 33 + 3)]));
    EXPECT_FALSE(std::isnan(stretched[static_cast<std::size_t>(10 * 33 + 28)]));
    EXPECT_TRUE(std::isnan(stretched[static_cast<std::size_t>(10 * 33 + 29)]));
  }
}

TEST(StretchMap, AFlatMapStaysFlat) {
  const std::vector<float> map(16, 0.25F);
  EXPECT_THAT(stretch_map(map, 4, 4, MapKernel::cubic, 50, 31, {-7.3, -2.1, 91.7, 60.2}, 0),
              Each(FloatNear(0.25F, 1e-6F)));
}

TEST(StretchMap, AViewBesideTheImageShowsNothing) {
  EXPECT_THAT(stretch_map(std::vector<float>{1}, 1, 1, MapKernel::linear, 4, 4, {10, 10, 5, 5}, 0), Each(0.0F));
}

}  // namespace
}  // namespace fovea::image
