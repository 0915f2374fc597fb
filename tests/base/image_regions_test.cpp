#include <cmath>
#include <random>
#include <string_view>

#include <gmock/gmock.h>
#include <opencv2/imgproc.hpp>

#include "fovea/error.hpp"
#include "image/regions.hpp"

namespace fovea::image {
namespace {

using testing::AllOf;
using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::Property;
using testing::SizeIs;
using testing::Throws;
using testing::UnorderedElementsAre;
using Floats = std::vector<float>;

/// A digit d is the value d / 10, '.' is 0.
Floats map_of(std::string_view rows) {
  Floats map;
  for (const char c : rows) map.push_back(c == '.' ? 0.0F : static_cast<float>(c - '0') / 10);
  return map;
}

auto refuses(ErrorCode code, const std::string& why) {
  return Throws<Error>(AllOf(Property(&Error::code, code), Property(&Error::what, HasSubstr(why))));
}

TEST(Regions, RefuseMapsThatAreNone) {
  const auto find = [](const Floats& map, int width, int height) {
    return [=] { find_regions(map, width, height, {}); };
  };
  EXPECT_THAT(find({}, 0, 0), refuses(ErrorCode::internal, "0 x 0"));
  EXPECT_THAT(find({0, 0}, -1, -2), refuses(ErrorCode::internal, "-1 x -2"));
  EXPECT_THAT(find({0, 0, 0}, 2, 2), refuses(ErrorCode::internal, "2 x 2 pixels has 3 values"));
  EXPECT_THAT(find({0, NAN}, 2, 1), refuses(ErrorCode::internal, "value 1 of a heat map is nan"));
  EXPECT_THAT(find({1.5F, 0}, 2, 1), refuses(ErrorCode::internal, "value 0 of a heat map is 1.5"));
  EXPECT_THAT(find({0, -0.1F}, 2, 1), refuses(ErrorCode::internal, "-0.1"));
}

TEST(Regions, RefuseOptionsOutOfRange) {
  const auto find = [](const RegionOptions& options) { return [=] { find_regions(Floats{0}, 1, 1, options); }; };
  EXPECT_THAT(find({.threshold = -0.1}), refuses(ErrorCode::usage, "threshold is -0.1"));
  EXPECT_THAT(find({.threshold = 1.1}), refuses(ErrorCode::usage, "0 to 1"));
  EXPECT_THAT(find({.threshold = NAN}), refuses(ErrorCode::usage, "nan"));
  EXPECT_THAT(find({.min_area_px = 0}), refuses(ErrorCode::usage, "min_area_px is 0"));
  EXPECT_THAT(find({.spacing = PixelSpacing{0, 1}}), refuses(ErrorCode::usage, "spacing is 0"));
  EXPECT_THAT(find({.spacing = PixelSpacing{1, INFINITY}}), refuses(ErrorCode::usage, "spacing is inf"));
}

TEST(Regions, NothingReachesTheThreshold) {
  const auto marked = find_regions(map_of("4444"), 2, 2, {});
  EXPECT_THAT(marked.regions, IsEmpty());
  EXPECT_THAT(marked.mask, ElementsAre(0, 0, 0, 0));
}

TEST(Regions, OfOnePixel) {
  const auto marked = find_regions(map_of("...6.."), 3, 2, {.label = "polyp"});
  ASSERT_THAT(marked.regions, SizeIs(1));
  const Region& region = marked.regions[0];
  EXPECT_EQ(region.label, "polyp");
  EXPECT_FLOAT_EQ(static_cast<float>(region.score), 0.6F);
  EXPECT_THAT(region.box, ElementsAre(0, 1, 1, 1));
  EXPECT_EQ(region.area_px, 1);
  EXPECT_THAT(region.centroid_px, ElementsAre(0, 1));
  EXPECT_THAT(region.contours, ElementsAre(ElementsAre(std::array{0, 1})));
  EXPECT_EQ(region.area_mm2, std::nullopt);
  EXPECT_EQ(region.centroid_mm, std::nullopt);
}

TEST(Regions, OfTheWholeImage) {
  const auto marked = find_regions(Floats(12, 1), 4, 3, {.threshold = 1});
  ASSERT_THAT(marked.regions, SizeIs(1));
  EXPECT_EQ(marked.regions[0].area_px, 12);
  EXPECT_THAT(marked.regions[0].box, ElementsAre(0, 0, 4, 3));
  EXPECT_THAT(marked.regions[0].centroid_px, ElementsAre(1.5, 1));
  EXPECT_THAT(marked.regions[0].contours, ElementsAre(UnorderedElementsAre(std::array{0, 0}, std::array{3, 0},
                                                                           std::array{3, 2}, std::array{0, 2})));
  EXPECT_THAT(marked.mask, testing::Each(1));
  EXPECT_EQ(find_regions(Floats(12, 0), 4, 3, {.threshold = 0}).regions[0].area_px, 12);
}

TEST(Regions, TouchAtCornersAndComeLargestScoreFirst) {
  const auto marked = find_regions(map_of("7...8."
                                          ".6...."
                                          "....5."
                                          "..8..."),
                                   6, 4, {});
  ASSERT_THAT(marked.regions, SizeIs(4));
  EXPECT_THAT(marked.regions[0].box, ElementsAre(4, 0, 1, 1));  // of equal scores the one that begins first
  EXPECT_THAT(marked.regions[1].box, ElementsAre(2, 3, 1, 1));
  EXPECT_THAT(marked.regions[2].box, ElementsAre(0, 0, 2, 2));
  EXPECT_THAT(marked.regions[2].centroid_px, ElementsAre(0.5, 0.5));
  EXPECT_THAT(marked.regions[3].box, ElementsAre(4, 2, 1, 1));
}

TEST(Regions, SmallOnesAreNeitherListedNorMarked) {
  const auto marked = find_regions(map_of("99..9"
                                          "9...."
                                          "...99"),
                                   5, 3, {.min_area_px = 3});
  ASSERT_THAT(marked.regions, SizeIs(1));
  EXPECT_EQ(marked.regions[0].area_px, 3);
  EXPECT_THAT(marked.mask, ElementsAre(1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(Regions, HolesFollowTheOuterRingAndIslandsAreRegions) {
  const auto marked = find_regions(map_of("7777777"
                                          "7.....7"
                                          "7..9..7"
                                          "7.....7"
                                          "7777777"),
                                   7, 5, {});
  ASSERT_THAT(marked.regions, SizeIs(2));
  EXPECT_EQ(marked.regions[0].area_px, 1);
  ASSERT_THAT(marked.regions[1].contours, SizeIs(2));
  EXPECT_THAT(marked.regions[1].contours[0], testing::Contains(std::array{6, 4}));
  EXPECT_THAT(marked.regions[1].contours[1], testing::Not(testing::Contains(std::array{6, 4})));
}

TEST(Regions, MeasuresInMillimetres) {
  const auto to_patient = [](double x, double y) { return std::array{10 - x, 20 + 2 * y, 5.0}; };
  const auto marked = find_regions(map_of("99."
                                          "99."),
                                   3, 2, {.spacing = PixelSpacing{0.5, 0.25}, .to_patient = to_patient});
  ASSERT_THAT(marked.regions, SizeIs(1));
  EXPECT_THAT(marked.regions[0].area_mm2, Optional(DoubleEq(0.5)));
  EXPECT_THAT(marked.regions[0].centroid_mm, Optional(ElementsAre(9.5, 21, 5)));
}

/// Draws regions by their rings: the inside of the outer one, less the holes, whose own pixels belong to the region.
cv::Mat1b drawn(const std::vector<Region>& regions, int width, int height) {
  cv::Mat1b picture(height, width, std::uint8_t{0});
  for (const Region& region : regions) {
    cv::Mat1b one(height, width, std::uint8_t{0});
    std::vector<std::vector<cv::Point>> rings;
    for (const auto& ring : region.contours) {
      rings.emplace_back();
      for (const auto& [x, y] : ring) rings.back().emplace_back(x, y);
    }
    cv::drawContours(one, rings, 0, 1, cv::FILLED);
    for (int hole = 1; hole < static_cast<int>(rings.size()); ++hole) {
      cv::drawContours(one, rings, hole, 0, cv::FILLED);
      cv::drawContours(one, rings, hole, 1, 1);
    }
    cv::bitwise_or(picture, one, picture);
  }
  return picture;
}

TEST(Regions, RingsAndNumbersDescribeTheMask) {
  std::mt19937 generator(5);
  for (const auto& [width, height] : {std::pair{1, 40}, {40, 1}, {31, 17}, {64, 64}}) {
    for (int round = 0; round < 20; ++round) {
      Floats map(static_cast<std::size_t>(width * height));
      for (float& p : map) p = static_cast<float>(generator() % 1000) / 1000;
      cv::Mat1f view(height, width, map.data());
      cv::blur(view, view, {3, 3});
      const auto marked = find_regions(map, width, height, {.threshold = 0.5});
      cv::Mat1b expected;
      cv::compare(view, 0.5, expected, cv::CMP_GE);
      cv::min(expected, 1, expected);
      const cv::Mat1b mask(height, width, const_cast<std::uint8_t*>(marked.mask.data()));
      EXPECT_EQ(cv::norm(mask, expected, cv::NORM_INF), 0);
      EXPECT_EQ(cv::norm(drawn(marked.regions, width, height), expected, cv::NORM_INF), 0);
      double area = 0;
      double x_sum = 0;
      for (const Region& region : marked.regions) {
        area += region.area_px;
        x_sum += region.area_px * region.centroid_px[0];
        EXPECT_GE(region.score, 0.5);
      }
      EXPECT_EQ(area, cv::countNonZero(expected));
      EXPECT_THAT(x_sum, DoubleNear(cv::moments(expected, true).m10, 1e-6));
    }
  }
}

TEST(Regions, TakeLargeImages) {
  Floats map(48'000'000, 0.1F);
  for (std::size_t i = 0; i < map.size(); i += 997) map[i] = 0.9F;
  const auto marked = find_regions(map, 8000, 6000, {.threshold = 0.05});
  ASSERT_THAT(marked.regions, SizeIs(1));
  EXPECT_EQ(marked.regions[0].area_px, 48e6);
  EXPECT_THAT(find_regions(map, 8000, 6000, {}).regions, SizeIs(48'000'000 / 997 + 1));
}

}  // namespace
}  // namespace fovea::image
