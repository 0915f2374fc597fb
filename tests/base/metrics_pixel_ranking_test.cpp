#include <limits>

#include <gmock/gmock.h>

#include "base/metrics_goldens.hpp"
#include "fovea/highlight_metrics.hpp"

namespace fovea::metrics {
namespace {

using testing::HasSubstr;
using Floats = std::vector<float>;
using Mask = std::vector<std::uint8_t>;

/// @param together one ranking for all images, else one for each that are then added
PixelRanking rank(const std::vector<GoldenMap>& maps, int precision_bits, bool together = true) {
  PixelRanking all(precision_bits);
  for (const auto& map : maps) {
    if (together) {
      all.add(map.heat_map, map.mask, map.width, map.height);
      continue;
    }
    PixelRanking one(precision_bits);
    one.add(map.heat_map, map.mask, map.width, map.height);
    all.add(one);
  }
  return all;
}

void expect_goldens(int precision_bits, double tolerance) {
  const auto sets = highlight_goldens("maps");
  EXPECT_EQ(sets.size(), 5);
  for (const auto& [name, golden] : sets.items()) {
    const auto ranking = rank(golden_maps(name), precision_bits);
    expect_near(ranking.auroc(), golden.at("auroc"), tolerance, name);
    expect_near(ranking.average_precision(), golden.at("average_precision"), tolerance, name);
    for (const auto& [limit, overlap] : golden.at("region_overlap").items()) {
      SCOPED_TRACE(limit);
      expect_near(ranking.region_overlap(std::stod(limit)), overlap, tolerance, name);
    }
  }
}

TEST(PixelRanking, RefusesWhatIsNoProbability) {
  PixelRanking ranking;
  const auto refusal_of = [&](const Floats& heat_map, const Mask& truth, int width, int height) {
    return refusal([&] { ranking.add(heat_map, truth, width, height); });
  };
  EXPECT_THAT(refusal_of({0, 1, 0}, {0, 1, 0}, 2, 2), HasSubstr("3 values: expected width * height"));
  EXPECT_THAT(refusal_of({0, 1, 0, 1}, {0, 1, 0}, 2, 2), HasSubstr("the true mask has 3"));
  EXPECT_THAT(refusal_of({}, {}, 0, 5), HasSubstr("0 * 5"));
  EXPECT_THAT(refusal_of({0, std::numeric_limits<float>::quiet_NaN()}, {0, 1}, 2, 1), HasSubstr("value 1"));
  EXPECT_THAT(refusal_of({0, 1.001F}, {0, 1}, 2, 1), HasSubstr("from 0 to 1"));
  EXPECT_THAT(refusal_of({-0.001F, 1}, {0, 1}, 2, 1), HasSubstr("from 0 to 1"));
  EXPECT_EQ(ranking.auroc(), std::nullopt) << "what was refused is not counted";
  EXPECT_THAT(refusal([] { PixelRanking(3); }), HasSubstr("precision_bits is 3"));
  EXPECT_THAT(refusal([] { PixelRanking(16); }), HasSubstr("expected 4 to 15"));
  EXPECT_THAT(refusal([&] { ranking.add(PixelRanking(5)); }), HasSubstr("5 precision_bits"));
  EXPECT_THAT(refusal([&] { ranking.region_overlap(0); }), HasSubstr("max_false_positive_rate is 0"));
  EXPECT_THAT(refusal([&] { ranking.region_overlap(1.5); }), HasSubstr("up to 1"));
}

TEST(PixelRanking, IsExactWithinItsTolerance) { expect_goldens(13, 1e-4); }

TEST(PixelRanking, IsCloseWhenSmall) { expect_goldens(5, 5e-3); }

TEST(PixelRanking, RankingsOfImagesAdd) {
  const auto maps = golden_maps("usual");
  const auto together = rank(maps, 9);
  const auto added = rank(maps, 9, false);
  EXPECT_EQ(together.auroc(), added.auroc());
  EXPECT_EQ(together.average_precision(), added.average_precision());
  EXPECT_NEAR(*together.region_overlap(), *added.region_overlap(), 1e-12);
}

TEST(PixelRanking, OneKindOfPixelAloneIsUndefined) {
  PixelRanking ranking;
  ranking.add(Floats{0.1F, 0.2F}, Mask{0, 0}, 2, 1);
  EXPECT_EQ(ranking.auroc(), std::nullopt);
  EXPECT_EQ(ranking.average_precision(), std::nullopt);
  EXPECT_EQ(ranking.region_overlap(), std::nullopt);
  PixelRanking full;
  full.add(Floats{0.1F, 0.2F}, Mask{1, 1}, 2, 1);
  EXPECT_EQ(full.auroc(), std::nullopt);
  EXPECT_EQ(full.average_precision(), 1);
  EXPECT_EQ(full.region_overlap(), std::nullopt);
}

TEST(PixelRanking, TellsApartWhatIsClosestToTheEnds) {
  // 0 and the least there is, 1 and what comes before it: each pair has one of either kind, in the right order.
  PixelRanking ends;
  ends.add(Floats{0, std::numeric_limits<float>::min()}, Mask{0, 1}, 2, 1);
  EXPECT_EQ(ends.auroc(), 1);
  PixelRanking top;
  top.add(Floats{1 - 0x1p-24F, 1}, Mask{0, 1}, 2, 1);
  EXPECT_EQ(top.auroc(), 1);
  PixelRanking middle;
  middle.add(Floats{0.4999F, 0.5F, 0.5001F}, Mask{0, 1, 1}, 3, 1);
  EXPECT_EQ(middle.auroc(), 1);
  PixelRanking zeros;
  zeros.add(Floats{0.0F, -0.0F}, Mask{0, 1}, 2, 1);
  EXPECT_EQ(zeros.auroc(), 0.5);
}

TEST(PixelRanking, RegionsWeighTheSameWhateverTheirSize) {
  // A region of 4 pixels is found at once, one of a single pixel only together with a fifth of the rest.
  PixelRanking ranking;
  ranking.add(Floats{0.9F, 0.9F, 0.1F, 0.1F,  //
                     0.9F, 0.9F, 0.1F, 0.1F,  //
                     0.1F, 0.1F, 0.1F, 0.1F,  //
                     0.8F, 0.1F, 0.8F, 0.7F},
              Mask{1, 1, 0, 0,  //
                   1, 1, 0, 0,  //
                   0, 0, 0, 0,  //
                   0, 0, 0, 1},
              4, 4);
  const double rate = 2.0 / 11;  // of the rest, at the threshold 0.7
  EXPECT_NEAR(*ranking.region_overlap(rate), 0.5, 1e-12);
  EXPECT_NEAR(*ranking.region_overlap(2 * rate), 0.75, 1e-12);
  EXPECT_NEAR(*ranking.auroc(), (4 + 1 - rate) / 5, 1e-12);
}

}  // namespace
}  // namespace fovea::metrics
