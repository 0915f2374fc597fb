#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <opencv2/imgproc.hpp>

#include "base/render_fixtures.hpp"
#include "fovea/error.hpp"
#include "image/regions.hpp"
#include "render/canvas.hpp"
#include "render/scale_bar.hpp"
#include "render/scan_legend.hpp"
#include "render/scan_overlay.hpp"

namespace fovea::render {
namespace {

using image::PixelSpacing;
using ::testing::AllOf;
using testing::gray_photo;
using ::testing::HasSubstr;
using ::testing::Property;
using ::testing::Throws;

auto refuses(ErrorCode code, const std::string& why) {
  return Throws<Error>(AllOf(Property(&Error::code, code), Property(&Error::what, HasSubstr(why))));
}

/// A finding with one value everywhere, and another in a rectangle.
Finding finding_of(int width, int height, float rest, cv::Rect box = {}, float inside = 0) {
  Finding finding;
  finding.width = width;
  finding.height = height;
  finding.heat_map.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), rest);
  if (!box.empty()) cv::Mat1f(height, width, finding.heat_map.data())(box).setTo(inside);
  finding.regions = image::find_regions(finding.heat_map, width, height, {.threshold = 0.5}).regions;
  return finding;
}

TEST(ScanOverlay, RefusesWhatDoesNotFit) {
  const Image scan = gray_photo(20, 10);
  const Finding right = finding_of(20, 10, 0);
  EXPECT_THAT([&] { render_scan_overlay(scan, finding_of(10, 20, 0)); },
              refuses(ErrorCode::internal, "a heat map of 10 x 20 with 200 values lies on a scan of 20 x 10"));
  Finding torn = right;
  torn.heat_map.pop_back();
  EXPECT_THAT([&] { render_scan_overlay(scan, torn); }, refuses(ErrorCode::internal, "with 199 values"));
  Finding bad = right;
  bad.heat_map[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT([&] { render_scan_overlay(scan, bad); }, refuses(ErrorCode::internal, "value 7 of a heat map is nan"));
  bad.heat_map[7] = 1.01F;
  EXPECT_THAT([&] { render_scan_overlay(scan, bad); }, refuses(ErrorCode::internal, "expected 0 to 1"));
  EXPECT_THAT([&] { render_scan_overlay(scan, right, {.colormap = "rainbow"}); },
              refuses(ErrorCode::usage, "viridis, inferno"));
  EXPECT_THAT([&] { render_scan_overlay(scan, right, {.opacity = 1.5}); }, refuses(ErrorCode::usage, "opacity is 1.5"));
  EXPECT_THAT(
      [&] {
        render_scan_overlay(scan, right, {.spacing = PixelSpacing{0, 1}});
      },
      refuses(ErrorCode::usage, "a pixel spacing is 0"));
  EXPECT_THAT(
      [&] {
        render_scan_overlay(scan, right, {.spacing = PixelSpacing{1, NAN}});
      },
      refuses(ErrorCode::usage, "a pixel spacing is nan"));
  EXPECT_THAT([&] { render_scan_overlay(Image{}, Finding{}); }, refuses(ErrorCode::internal, "0 x 0"));
}

TEST(ScanOverlay, WhatIsNormalLooksAsItDoesWithoutIt) {
  Image scan = gray_photo(300, 200);
  cv::randu(view(scan), 0, 256);
  const Image picture = render_scan_overlay(scan, finding_of(300, 200, 0), {.legend = false});
  EXPECT_EQ(picture.pixels, scan.pixels);
}

TEST(ScanOverlay, PixelsOfTheScanStayInTheirPlaces) {
  Image scan = gray_photo(300, 200);
  cv::randu(view(scan), 0, 256);
  const cv::Rect box(40, 50, 100, 60);
  const Image picture = render_scan_overlay(scan, finding_of(300, 200, 0, box, 0.4F));
  EXPECT_EQ(picture.width, 300);
  EXPECT_GT(picture.height, 250);
  const cv::Mat3b overlay = view(picture)(cv::Rect(0, 0, 300, 200));
  cv::Mat3b difference;
  cv::absdiff(overlay, view(scan), difference);
  cv::Mat1b changed;
  cv::cvtColor(difference, changed, cv::COLOR_RGB2GRAY);
  EXPECT_EQ(cv::boundingRect(changed), box);
  // No pixel of the legend is among them, and it is the same whatever the scan.
  const Image other = render_scan_overlay(gray_photo(300, 200, 7), finding_of(300, 200, 0.3F));
  const cv::Rect below(0, 200, 300, picture.height - 200);
  EXPECT_EQ(cv::norm(view(picture)(below), view(other)(below), cv::NORM_INF), 0);
}

TEST(ScanOverlay, TheScaleIsFixed) {
  const Image scan = gray_photo(64, 64, 100);
  const auto at = [&](const Finding& finding, int x, int y) {
    return view(render_scan_overlay(scan, finding, {.contours = false, .legend = false}))(y, x);
  };
  const Finding calm = finding_of(64, 64, 0.1F);
  const Finding busy = finding_of(64, 64, 0.1F, {30, 30, 20, 20}, 1);
  EXPECT_EQ(at(calm, 5, 5), at(busy, 5, 5)) << "the same probability has the same colour beside a higher one";
  const HeatColors colors{.table = color_table("viridis"), .opacity = 0.5};
  EXPECT_EQ(at(busy, 35, 35), heat_color(cv::Vec3b::all(100), 1, colors));
  EXPECT_EQ(at(busy, 35, 35), cv::Vec3b((100 + 253 + 1) / 2, (100 + 231 + 1) / 2, (100 + 37) / 2 + 1));
  EXPECT_LT(cv::norm(at(calm, 5, 5), cv::Vec3b::all(100)), 10) << "a low probability hardly shows";
}

TEST(ScanOverlay, OpacityAndColourMapAreOptions) {
  Image scan = gray_photo(40, 40, 60);
  view(scan).setTo(cv::Scalar(180, 60, 50));  // colour shines through
  const Finding finding = finding_of(40, 40, 1);
  const auto pixel = [&](ScanOverlayOptions options) {
    options.contours = options.legend = false;
    return view(render_scan_overlay(scan, finding, options))(20, 20);
  };
  EXPECT_EQ(pixel({.opacity = 0}), cv::Vec3b(180, 60, 50));
  EXPECT_EQ(pixel({.colormap = "grey", .opacity = 1}), cv::Vec3b(255, 255, 255));
  EXPECT_EQ(pixel({.colormap = "grey", .opacity = 0.5}), cv::Vec3b(218, 158, 153));
}

int contour_pixels(const Image& picture) {
  cv::Mat1b found;
  const cv::Scalar color(kContour[0], kContour[1], kContour[2]);
  cv::inRange(view(picture), color, color, found);
  return cv::countNonZero(found);
}

TEST(ScanOverlay, ContoursRunAlongTheBorder) {
  const Image scan = gray_photo(200, 200, 255);
  const cv::Rect box(50, 60, 80, 40);
  const Finding finding = finding_of(200, 200, 0, box, 0.9F);
  const Image with = render_scan_overlay(scan, finding, {.legend = false});
  EXPECT_EQ(contour_pixels(with), 2 * (box.width + box.height) - 4);
  EXPECT_EQ(view(with)(60, 50), kContour);
  EXPECT_LT(view(with)(59, 50)[0], 150) << "a dark rim sets it off bright ground";
  EXPECT_EQ(view(with)(55, 50), cv::Vec3b::all(255));
  EXPECT_EQ(contour_pixels(render_scan_overlay(scan, finding, {.contours = false, .legend = false})), 0);
}

TEST(ScanOverlay, TakesScansOfAnySize) {
  for (const auto& [width, height] : {std::pair{1, 1}, {16, 16}, {1, 900}, {900, 1}, {3000, 40}, {40, 3000}}) {
    const Image picture = render_scan_overlay(gray_photo(width, height), finding_of(width, height, 0.8F),
                                              {.spacing = PixelSpacing{0.3, 0.9}});
    EXPECT_GE(picture.width, width);
    EXPECT_GT(picture.height, height + 80);
    EXPECT_LT(picture.width, width + 500);
    EXPECT_LT(picture.height, height + 500);
  }
  const Image huge = render_scan_overlay(gray_photo(8000, 6000), finding_of(8000, 6000, 0, {900, 900, 3000, 3000}, 1));
  EXPECT_EQ(huge.width, 8000);
  EXPECT_LT(huge.height, 8000);
}

TEST(ScanOverlay, PixelsThatAreNotSquareGetABarAlongTheColumns) {
  const Image scan = gray_photo(512, 256);
  const Finding finding = finding_of(512, 256, 0);
  EXPECT_EQ(render_scan_overlay(scan, finding, {.spacing = PixelSpacing{0.5, 0.5}}).width, 512);
  const Image picture = render_scan_overlay(scan, finding, {.spacing = PixelSpacing{0.5, 1}});
  ASSERT_GT(picture.width, 512);
  // To the right of the scan: 50 mm are 50 rows.
  cv::Mat1b bright;
  cv::cvtColor(view(picture)(cv::Rect(512, 0, picture.width - 512, 256)), bright, cv::COLOR_RGB2GRAY);
  int longest = 0;
  for (int x = 0; x < bright.cols; ++x) longest = std::max(longest, cv::countNonZero(bright.col(x) > 200));
  EXPECT_NEAR(longest, 50, 1);
}

TEST(ScanOverlay, TheLegendGrowsWithWhatItExplains) {
  const Image scan = gray_photo(300, 300);
  const Finding finding = finding_of(300, 300, 0);
  const int whole = render_scan_overlay(scan, finding, {.spacing = PixelSpacing{0.5, 0.5}}).height;
  EXPECT_LT(render_scan_overlay(scan, finding).height, whole);
  EXPECT_LT(render_scan_overlay(scan, finding, {.contours = false, .spacing = PixelSpacing{0.5, 0.5}}).height, whole);
  EXPECT_LT(render_scan_overlay(scan, finding, {.spacing = PixelSpacing{0.5, 0.5}, .note = ""}).height, whole);
}

TEST(ScaleBar, HasARoundLengthOfAtMostAThird) {
  const auto mm = [](int extent, double spacing) { return choose_scale_bar(extent, spacing)->mm; };
  EXPECT_DOUBLE_EQ(mm(512, 0.5), 50);  // 85 mm are a third
  EXPECT_DOUBLE_EQ(mm(300, 0.2), 20);
  EXPECT_DOUBLE_EQ(mm(300, 0.1), 10);
  EXPECT_DOUBLE_EQ(mm(16, 1), 5);
  EXPECT_DOUBLE_EQ(mm(8000, 0.00025), 0.5);
  for (int extent = 3; extent < 3000; extent += 7) {
    for (const double spacing : {1e-6, 0.0003, 0.07, 0.143, 1.0, 5.0, 1234.5}) {
      const auto bar = choose_scale_bar(extent, spacing);
      if (!bar) continue;
      EXPECT_LE(bar->pixels, extent / 3.0 + 1e-6);
      EXPECT_GE(bar->pixels, 1 - 1e-9);
      EXPECT_NEAR(bar->mm, bar->pixels * spacing, 1e-9 * bar->mm);
    }
  }
  EXPECT_EQ(choose_scale_bar(2, 1), std::nullopt);
  EXPECT_EQ(scale_bar_label({.mm = 20, .pixels = 1}), "20 mm");
  EXPECT_EQ(scale_bar_label({.mm = 0.5, .pixels = 1}), "0.5 mm");
  EXPECT_THAT([] { choose_scale_bar(9, -1); }, refuses(ErrorCode::usage, "-1"));
  EXPECT_THAT([] { choose_scale_bar(9, INFINITY); }, refuses(ErrorCode::usage, "inf"));
}

}  // namespace
}  // namespace fovea::render
