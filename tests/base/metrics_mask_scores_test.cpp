#include <limits>
#include <string_view>

#include <gmock/gmock.h>

#include "base/metrics_goldens.hpp"
#include "fovea/highlight_metrics.hpp"
#include "metrics/components.hpp"

namespace fovea::metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Mask = std::vector<std::uint8_t>;

/// '#' is marked.
Mask mask_of(std::string_view rows) {
  Mask mask;
  for (const char c : rows) mask.push_back(c == '#' ? 1 : 0);
  return mask;
}

Mask at_half(const std::vector<float>& heat_map) {
  Mask mask;
  for (const float p : heat_map) mask.push_back(p >= 0.5F ? 1 : 0);
  return mask;
}

TEST(Components, RefuseAnotherSize) {
  EXPECT_THAT(refusal([] { find_components(Mask(6), 2, 2); }), HasSubstr("6 values: expected width * height"));
  EXPECT_THAT(refusal([] { find_components({}, 0, 0); }), HasSubstr("0 * 0"));
  EXPECT_THAT(refusal([] { find_components(Mask(4), -2, -2); }), HasSubstr("-2 * -2"));
}

TEST(Components, TouchAtCornersAndAreNumberedInReadingOrder) {
  const auto found = find_components(mask_of("..#.#"
                                             "#..#."
                                             "#...."
                                             "#...#"),
                                     5, 4);
  EXPECT_THAT(found.areas, ElementsAre(3, 3, 1));
  EXPECT_THAT(found.labels, ElementsAre(0, 0, 1, 0, 1, 2, 0, 0, 1, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 3));
  EXPECT_THAT(find_components(Mask(20), 5, 4).areas, IsEmpty());
  EXPECT_THAT(find_components(Mask(1'000'000, 1), 1000, 1000).areas, ElementsAre(1'000'000));
}

TEST(MaskOverlap, IsThatOfTheReference) {
  const auto sets = highlight_goldens("maps");
  for (const auto& [name, golden] : sets.items()) {
    const auto maps = golden_maps(name);
    ASSERT_EQ(maps.size(), 5);
    for (std::size_t i = 0; i < maps.size(); ++i) {
      const auto overlap = mask_overlap(at_half(maps[i].heat_map), maps[i].mask);
      EXPECT_NEAR(overlap.dice(), golden.at("dice").at(i).get<double>(), 1e-12) << name << i;
      EXPECT_NEAR(overlap.iou(), golden.at("iou").at(i).get<double>(), 1e-12) << name << i;
      EXPECT_EQ(find_components(maps[i].mask, maps[i].width, maps[i].height).areas.size(), golden.at("regions").at(i));
    }
  }
}

TEST(MaskOverlap, ByHand) {
  const auto overlap = mask_overlap(mask_of("##.."), Mask{255, 0, 255, 255});
  EXPECT_EQ(overlap.predicted_px, 2);
  EXPECT_EQ(overlap.truth_px, 3);
  EXPECT_EQ(overlap.common_px, 1);
  EXPECT_DOUBLE_EQ(overlap.dice(), 0.4);
  EXPECT_DOUBLE_EQ(overlap.iou(), 0.25);
  EXPECT_EQ(mask_overlap(Mask(4), Mask(4)).dice(), 1);  // nothing there, and nothing seen
  EXPECT_EQ(mask_overlap(Mask(4), Mask(4)).iou(), 1);
  EXPECT_EQ(mask_overlap(Mask(4, 1), Mask(4)).dice(), 0);
  EXPECT_EQ(mask_overlap(Mask(4), Mask(4, 1)).iou(), 0);
  EXPECT_THAT(refusal([] { mask_overlap(Mask(4), Mask(3)); }), HasSubstr("4 values and the true one has 3"));
  EXPECT_THAT(refusal([] { mask_overlap({}, {}); }), HasSubstr("is empty"));
}

TEST(PointingGame, IsHitByTheLargestValue) {
  const std::vector<float> heat_map{0.1F, 0.9F, 0.3F, 0.2F, 0.9F, 0.5F};  // 3 x 2; of equal ones the first counts
  EXPECT_EQ(pointing_hit(heat_map, mask_of(".#...."), 3, 2), true);
  EXPECT_EQ(pointing_hit(heat_map, mask_of("#.####"), 3, 2), false);
  EXPECT_EQ(pointing_hit(heat_map, mask_of("......"), 3, 2), std::nullopt);
  EXPECT_EQ(pointing_hit(heat_map, mask_of(".....#"), 3, 2, 1.4), false);
  EXPECT_EQ(pointing_hit(heat_map, mask_of(".....#"), 3, 2, 1.5), true);
}

TEST(PointingGame, RefusesWhatIsNoMap) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal([] { pointing_hit(std::vector<float>(4), Mask(4), 2, 3); }), HasSubstr("the heat map has 4"));
  EXPECT_THAT(refusal([] { pointing_hit(std::vector<float>(6), Mask(4), 2, 3); }), HasSubstr("the true mask has 4"));
  EXPECT_THAT(refusal([] { pointing_hit(std::vector<float>{0, kNaN}, Mask(2), 2, 1); }), HasSubstr("value 1"));
  EXPECT_THAT(refusal([] { pointing_hit(std::vector<float>(2), Mask(2), 2, 1, -1); }), HasSubstr("tolerance_px"));
}

TEST(Lesions, AreFoundByOverlap) {
  const auto truth = mask_of(
      "##...#"
      "##...."
      "......"
      "###..#");
  const auto predicted = mask_of(
      "#....."
      "......"
      "...##."
      "...##.");
  // The first lesion is found with IoU 1/4; the region below touches others, but has no pixel in common with them.
  const auto counts = match_lesions(predicted, truth, 6, 4);
  EXPECT_EQ(counts.images, 1);
  EXPECT_EQ(counts.lesions, 4);
  EXPECT_EQ(counts.found, 1);
  EXPECT_EQ(counts.predicted, 2);
  EXPECT_EQ(counts.false_positives, 1);
  EXPECT_DOUBLE_EQ(*counts.sensitivity(), 0.25);
  EXPECT_EQ(match_lesions(predicted, truth, 6, 4, 0.25).found, 1);
  EXPECT_EQ(match_lesions(predicted, truth, 6, 4, 0.26).found, 0);
  EXPECT_EQ(match_lesions(predicted, truth, 6, 4, 0.26).false_positives, 2);
}

TEST(Lesions, ARegionMayFindSeveralAndSeveralTheSame) {
  const auto one_of_two = match_lesions(mask_of("####"), mask_of("#..#"), 4, 1);
  EXPECT_EQ(one_of_two.found, 2);
  EXPECT_EQ(one_of_two.false_positives, 0);
  const auto two_of_one = match_lesions(mask_of("#..#"), mask_of("####"), 4, 1);
  EXPECT_EQ(two_of_one.lesions, 1);
  EXPECT_EQ(two_of_one.found, 1);
  EXPECT_EQ(two_of_one.false_positives, 0);
}

TEST(Lesions, AWholeImageMarkedFindsNoSmallLesion) {
  Mask truth(10'000);
  truth[5050] = 1;
  const auto counts = match_lesions(Mask(10'000, 1), truth, 100, 100);
  EXPECT_EQ(counts.found, 0);
  EXPECT_EQ(counts.false_positives, 1);
}

TEST(Lesions, AreSummedOverImages) {
  LesionCounts sum;
  EXPECT_EQ(sum.sensitivity(), std::nullopt);
  EXPECT_EQ(sum.false_positives_per_image(), std::nullopt);
  sum += match_lesions(mask_of("#..."), mask_of("...."), 2, 2);
  EXPECT_EQ(sum.sensitivity(), std::nullopt);
  EXPECT_EQ(sum.false_positives_per_image(), 1);
  sum += match_lesions(mask_of("...."), mask_of("####"), 2, 2);
  EXPECT_EQ(sum.sensitivity(), 0);
  EXPECT_EQ(sum.false_positives_per_image(), 0.5);
}

TEST(Lesions, RefuseAnotherSizeAndNoOverlap) {
  EXPECT_THAT(refusal([] { match_lesions(Mask(4), Mask(6), 2, 2); }), HasSubstr("4 values and the true one has 6"));
  EXPECT_THAT(refusal([] { match_lesions(Mask(6), Mask(6), 2, 2); }), HasSubstr("2 * 2"));
  EXPECT_THAT(refusal([] { match_lesions(Mask(4), Mask(4), 2, 2, 0); }), HasSubstr("min_iou is 0"));
  EXPECT_THAT(refusal([] { match_lesions(Mask(4), Mask(4), 2, 2, 1.01); }), HasSubstr("up to 1"));
}

}  // namespace
}  // namespace fovea::metrics
