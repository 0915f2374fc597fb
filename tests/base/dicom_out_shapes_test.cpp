/// What results make of masks and contours.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/dicom_out_support.hpp"
#include "base/io_support.hpp"
#include "dicom_out/codes.hpp"
#include "dicom_out/outline.hpp"
#include "dicom_out/segment_map.hpp"

namespace fovea::dicom_out {
namespace {

Finding finding_of(int width, int height, std::string label) {
  Finding finding;
  finding.width = width;
  finding.height = height;
  finding.label = std::move(label);
  return finding;
}

using testing::ElementsAre;

TEST(DicomOutline, IsClosedAndGoesThroughTheCentresOfPixels) {
  EXPECT_THAT(outline({{1, 2}, {4, 2}, {4, 5}}), ElementsAre(1.5F, 2.5F, 4.5F, 2.5F, 4.5F, 5.5F, 1.5F, 2.5F));
}

TEST(DicomOutline, LeavesOutPointsOnStraightLines) {
  EXPECT_EQ(outline({{0, 0}, {1, 0}, {2, 0}, {2, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}}),
            outline({{0, 0}, {2, 0}, {2, 2}, {0, 2}}));
}

TEST(DicomOutline, OfFewPixelsIsTheirRectangle) {
  EXPECT_THAT(outline({{3, 4}}), ElementsAre(3, 4, 4, 4, 4, 5, 3, 5, 3, 4));
  EXPECT_THAT(outline({{3, 4}, {4, 4}}), ElementsAre(3, 4, 5, 4, 5, 5, 3, 5, 3, 4));
  EXPECT_THAT(outline({}), testing::IsEmpty());
}

TEST(DicomOutline, StaysBelowTheLimit) {
  Region::Ring ring;
  for (int i = 0; i < 20'000; ++i) ring.push_back({i, i % 2});
  for (int i = 20'000; i > 0; --i) ring.push_back({i, 5});
  const auto points = outline(ring);
  EXPECT_LE(points.size() / 2, kMaxPoints);
  EXPECT_GT(points.size() / 2, kMaxPoints / 2);
  EXPECT_EQ(points[0], points[points.size() - 2]);
  EXPECT_EQ(points[1], points.back());
}

TEST(DicomSegmentMap, GivesEachRegionItsLabel) {
  // Two parts; the right one is connected by a corner only, and one pixel belongs to no region.
  auto finding = finding_of(6, 3, "normal");
  finding.mask = {1, 1, 0, 0, 1, 0,  //
                  1, 1, 0, 0, 0, 1,  //
                  0, 0, 0, 0, 0, 1};
  finding.regions = {{.label = "benign", .contours = {{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}},
                     {.label = "malignant", .contours = {{{4, 0}, {5, 1}, {5, 2}}}}};
  FrameResult result{.source = nullptr, .frame = 1, .finding = finding};
  const auto labels = segment_labels({result});
  EXPECT_THAT(labels, ElementsAre("benign", "malignant"));
  EXPECT_THAT(segment_map(finding, finding.mask, labels),
              ElementsAre(1, 1, 0, 0, 2, 0, 1, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2));

  finding.regions.pop_back();
  EXPECT_THAT(segment_map(finding, finding.mask, {"benign", "anomaly"}),
              ElementsAre(1, 1, 0, 0, 2, 0, 1, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2));
}

TEST(DicomSegmentMap, WithoutRegionsHasOneSegmentWithoutAKind) {
  const auto finding = finding_of(1, 1, "normal");
  EXPECT_THAT(segment_labels({{.source = nullptr, .finding = finding}}), ElementsAre("anomaly"));
}

TEST(DicomSegmentMap, RefusesAMaskOfAnotherSize) {
  const auto finding = finding_of(2, 2, "");
  EXPECT_EQ(test::error_of([&] { segment_map(finding, {1, 1}, {"anomaly"}); }), ErrorCode::usage);
}

TEST(DicomCodes, SayNoMoreThanTheLabel) {
  EXPECT_STREQ(codes_of("Malignant").type.value, "52988006");
  EXPECT_STREQ(codes_of("malignant").modifier->meaning, "Malignant");
  EXPECT_STREQ(codes_of("polyp").type.meaning, "Polyp");
  EXPECT_FALSE(codes_of("polyp").modifier);
  EXPECT_STREQ(codes_of("something of a user's own").type.value, "49755003");
  EXPECT_TRUE(is_normal("Normal"));
}

}  // namespace
}  // namespace fovea::dicom_out
