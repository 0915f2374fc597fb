#include <cmath>

#include <gmock/gmock.h>
#include <opencv2/core.hpp>

#include "fovea/error.hpp"
#include "render/canvas.hpp"
#include "render/font.hpp"
#include "render/plot.hpp"

namespace fovea::render {
namespace {

using ::testing::HasSubstr;
using ::testing::Property;
using ::testing::Throws;

/// Number of pixels of the colour of the first series.
int blue_pixels(const Image& image) {
  cv::Mat1b match;
  cv::inRange(view(image), cv::Scalar(0, 114, 178), cv::Scalar(0, 114, 178), match);
  return cv::countNonZero(match);
}

TEST(Plot, DrawsItsCurves) {
  const PlotSeries falling{"train", {1, 2, 3, 4}, {4, 3, 2.5, 2.25}};
  const Image two = render_plot({{"Loss", "epoch", {falling}}, {"CIDEr", "epoch", {}}});
  EXPECT_EQ(two.width, 2 * 640);
  EXPECT_EQ(two.height, 420);
  EXPECT_GT(blue_pixels(two), 500);
  const cv::Mat3b pixels = view(two);
  // High on the left, low on the right.
  const auto ink = [&](cv::Rect part) {
    cv::Mat1b match;
    cv::inRange(pixels(part), cv::Scalar(0, 114, 178), cv::Scalar(0, 114, 178), match);
    return cv::countNonZero(match);
  };
  EXPECT_GT(ink({64, 49, 140, 120}), 0);
  EXPECT_EQ(ink({64, 230, 140, 130}), 0);
  EXPECT_GT(ink({480, 230, 140, 130}), 0);
}

TEST(Plot, LeavesOutWhatWasNotMeasured) {
  const double none = std::nan("");
  const PlotSeries gaps{"CIDEr", {1, 2, 3, 4, 5}, {none, 0.1, none, 0.3, INFINITY}};
  EXPECT_GT(blue_pixels(render_plot({{"", "", {gaps}}})), 100);
  const PlotSeries single{"loss", {1}, {3.25}};
  EXPECT_GT(blue_pixels(render_plot({{"", "", {single}}})), 10);
  const PlotSeries nothing{"loss", {1, 2}, {none, none}};
  EXPECT_EQ(blue_pixels(render_plot({{"", "", {{"", {}, {}}, nothing}}})), blue_pixels(render_plot({{"", "", {{}}}})));
}

TEST(Plot, TakesValuesOfAnySize) {
  for (const double size : {1e-12, 1.0, 1e12}) {
    EXPECT_GT(blue_pixels(render_plot({{"", "", {{"", {1, 2}, {-size, size}}}}})), 100) << size;
  }
}

TEST(Plot, RefusesWhatItCannotDraw) {
  const auto usage = [](const std::string& why) {
    return Throws<Error>(
        ::testing::AllOf(Property(&Error::code, ErrorCode::usage), Property(&Error::what, HasSubstr(why))));
  };
  EXPECT_THAT([] { render_plot({}); }, usage("at least one panel"));
  EXPECT_THAT([] { render_plot({{"", "", {{"loss", {1, 2}, {1}}}}}); }, usage("\"loss\" has 2 x values and 1 y"));
  EXPECT_THAT([] { render_plot({{}}, {.panel_width = 20}); }, usage("20 x 420"));
}

TEST(Font, MeasuresAndShortensText) {
  const Font font(16);
  EXPECT_EQ(font.width(""), 0);
  EXPECT_GT(font.width("mm"), font.width("ll"));
  EXPECT_LT(std::abs(font.width("\u00FC") - font.width("u")), 2);
  EXPECT_EQ(font.shortened("dogs", 200), "dogs");
  const std::string cut = font.shortened("\u00FCber\u00FCber\u00FCber\u00FCber", 60);
  EXPECT_THAT(cut, ::testing::EndsWith("\u2026"));
  EXPECT_LE(font.width(cut), 60);
}

TEST(Font, DrawsInsideThePictureOnly) {
  const Font font(16);
  cv::Mat3b picture(20, 20, cv::Vec3b::all(255));
  font.draw(picture, "much longer than the picture", {-10, 25}, {0, 0, 0});
  EXPECT_LT(cv::mean(picture)[0], 255);
}

}  // namespace
}  // namespace fovea::render
