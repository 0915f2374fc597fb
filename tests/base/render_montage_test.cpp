#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <opencv2/imgproc.hpp>

#include "base/render_fixtures.hpp"
#include "fovea/error.hpp"
#include "render/canvas.hpp"
#include "render/montage.hpp"

namespace fovea::render {
namespace {

using image::PixelSpacing;
using ::testing::AllOf;
using testing::gray_photo;
using ::testing::HasSubstr;
using ::testing::Property;
using ::testing::Throws;

auto refuses(const std::string& why) {
  return Throws<Error>(AllOf(Property(&Error::code, ErrorCode::usage), Property(&Error::what, HasSubstr(why))));
}

TEST(Montage, RefusesWhatIsNoSeries) {
  EXPECT_THAT([] { Montage(0, 10, 10); }, refuses("the number of slices is 0"));
  EXPECT_THAT([] { Montage(3, 0, 10); }, refuses("the width of slices is 0"));
  EXPECT_THAT([] { Montage(3, 10, -1); }, refuses("the height of slices is -1"));
  EXPECT_THAT([] { Montage(3, 10, 10, PixelSpacing{0, 1}); }, refuses("spacing is 0"));
  EXPECT_THAT([] { Montage(3, 10, 10, PixelSpacing{1, NAN}); }, refuses("spacing is nan"));
  EXPECT_THAT([] { Montage(3, 10, 10, {}, {.max_side = 511}); }, refuses("max_side is 511"));
  EXPECT_THAT([] { Montage(3, 10, 10, {}, {.tile_side = 47}); }, refuses("tile_side is 47"));
  EXPECT_THAT([] { Montage(3, 10, 10, {}, {.colormap = "rainbow"}); }, refuses("rainbow"));
  EXPECT_THAT([] { Montage(3, 10, 10, {}, {.threshold = 2}); }, refuses("threshold is 2"));
  Montage montage(3, 10, 10);
  EXPECT_THAT([&] { montage.add(0, gray_photo(10, 10), false); }, refuses("there is no slice 0: expected 1 to 3"));
  EXPECT_THAT([&] { montage.add(4, gray_photo(10, 10), false); }, refuses("there is no slice 4"));
}

/// Bounding boxes of a colour's tiles, from left to right and from top to bottom.
std::vector<cv::Rect> tiles(const Image& sheet, const cv::Scalar& color) {
  cv::Mat1b found;
  cv::inRange(view(sheet), color, color, found);
  cv::Mat1i labels;
  cv::Mat1i stats;
  cv::Mat1d centroids;
  const int count = cv::connectedComponentsWithStats(found, labels, stats, centroids);
  std::vector<cv::Rect> boxes;
  for (int i = 1; i < count; ++i) boxes.emplace_back(stats(i, 0), stats(i, 1), stats(i, 2), stats(i, 3));
  return boxes;
}

Image red(int width, int height) {
  Image image = gray_photo(width, height);
  view(image).setTo(cv::Scalar(200, 10, 10));
  return image;
}

TEST(Montage, PutsSlicesInTheirPlacesWhateverTheOrder) {
  Montage forward(5, 100, 100);
  Montage backward(5, 100, 100);
  for (int slice = 1; slice <= 5; ++slice) {
    forward.add(slice, gray_photo(100, 100, static_cast<std::uint8_t>(40 * slice)), slice == 2);
    backward.add(6 - slice, gray_photo(100, 100, static_cast<std::uint8_t>(40 * (6 - slice))), slice == 4);
  }
  const Image sheet = forward.sheet();
  EXPECT_EQ(sheet.pixels, backward.sheet().pixels);
  cv::Point before(-1, -1);
  for (int slice = 1; slice <= 5; ++slice) {
    const auto found = tiles(sheet, cv::Scalar::all(40 * slice));
    ASSERT_EQ(found.size(), 1) << slice;
    EXPECT_EQ(found[0].size(), cv::Size(320, 320));
    EXPECT_TRUE(found[0].y > before.y || found[0].x > before.x) << "reading order";
    before = found[0].tl();
  }
}

TEST(Montage, MarkedSlicesHaveNumbersOfAnotherColour) {
  Montage plain(2, 100, 100);
  Montage marked(2, 100, 100);
  plain.add(1, red(100, 100), false);
  marked.add(1, red(100, 100), true);
  EXPECT_NE(plain.sheet().pixels, marked.sheet().pixels);
  marked.add(1, red(100, 100), false);  // the number is drawn anew
  EXPECT_EQ(plain.sheet().pixels, marked.sheet().pixels);
}

TEST(Montage, IsBoundedAndShowsAllSlicesWhileTheyFit) {
  for (const int slices : {1, 3, 500, 20'000}) {
    for (const auto& [width, height] : {std::pair{512, 512}, {2000, 100}, {100, 2000}, {1, 1}}) {
      for (const int side : {512, 4096}) {
        const Montage montage(slices, width, height, {}, {.max_side = side});
        const Image sheet = montage.sheet();
        EXPECT_LE(sheet.width, side) << slices;
        EXPECT_LE(sheet.height, side) << slices;
        int shown = 0;
        for (int slice = 0; slice <= slices + 1; ++slice) shown += montage.shows(slice) ? 1 : 0;
        EXPECT_GE(shown, 1);
        EXPECT_TRUE(montage.shows(1));
        EXPECT_TRUE(shown == 1 || montage.shows(slices));
        EXPECT_TRUE(shown == slices || side == 512 || slices > 500) << slices;
      }
    }
  }
  EXPECT_LE(Montage(1, 10, 10, {}, {.max_side = 600, .tile_side = 9000}).sheet().height, 600);
}

TEST(Montage, SlicesLeftOutAreIgnored) {
  Montage montage(20'000, 100, 100);
  const Image before = montage.sheet();
  int left_out = 1;
  while (montage.shows(left_out)) ++left_out;
  ASSERT_LE(left_out, 20'000);
  montage.add(left_out, red(100, 100), true);
  EXPECT_EQ(montage.sheet().pixels, before.pixels);
  montage.add(20'000, red(100, 100), true);
  EXPECT_EQ(tiles(montage.sheet(), {200, 10, 10}).size(), 1);
}

TEST(Montage, ShowsTrueProportions) {
  Montage montage(2, 200, 100, PixelSpacing{0.5, 2});  // 100 mm wide and 200 mm high
  montage.add(1, red(200, 100), false);
  montage.add(2, red(100, 100), false);  // half as wide as the tile
  const auto found = tiles(montage.sheet(), {200, 10, 10});
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].size(), cv::Size(160, 320));
  EXPECT_EQ(found[1].size(), cv::Size(80, 320));
}

}  // namespace
}  // namespace fovea::render
