#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "image/input_transform.hpp"
#include "preprocess_goldens.hpp"

namespace fovea::image {
namespace {

using testing::HasSubstr;
using testing::Property;
using testing::ThrowsMessage;
using tests::largest_difference;
using tests::PreprocessGoldens;

Image blank(int width, int height) {
  return {.width = width,
          .height = height,
          .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, 90),
          .geometry = {}};
}

/// x and y of each pixel in red and green, as far as they fit.
Image ramp(int width, int height) {
  Image image = blank(width, height);
  for (int i = 0; i < width * height; ++i) {
    image.pixels[static_cast<std::size_t>(i) * 3] = static_cast<std::uint8_t>(i % width);
    image.pixels[static_cast<std::size_t>(i) * 3 + 1] = static_cast<std::uint8_t>(i / width);
  }
  return image;
}

std::vector<double> numbers(const InputView& view) { return {view.x, view.y, view.width, view.height}; }

TEST(InputTransform, EqualsTorchvisionsResizeAndCenterCrop) {
  const PreprocessGoldens goldens;
  const std::map<std::string, Filter> filters{{"bilinear", Filter::bilinear}, {"bicubic", Filter::bicubic}};
  int cases = 0;
  for (const auto& name : goldens.names("transforms.")) {
    std::istringstream parts(name.substr(name.find('.') + 1));
    std::string edge;
    std::string crop;
    std::string filter;
    std::getline(parts, edge, '.');
    std::getline(parts, crop, '.');
    std::getline(parts, filter, '.');
    const auto transform = torchvision_transform(std::stoi(edge), std::stoi(crop), filters.at(filter));
    EXPECT_EQ(largest_difference(apply(goldens.input_of(name), transform).image, goldens.image(name)), 0) << name;
    ++cases;
  }
  EXPECT_EQ(cases, 16);
}

TEST(InputTransform, EqualsTorchXRayVisionWithinTheRoundingToBytes) {
  const PreprocessGoldens goldens;
  int cases = 0;
  for (const auto& name : goldens.names("xray.")) {
    const auto expected = goldens.values(name);
    const auto side = static_cast<int>(std::lround(std::sqrt(expected.size())));
    const auto transform = xray_transform(side);
    const Image result = apply(goldens.input_of(name), transform).image;
    ASSERT_EQ(result.pixels.size(), expected.size() * 3) << name;
    double largest = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(result.pixels[3 * i], result.pixels[3 * i + 1]);
      EXPECT_EQ(result.pixels[3 * i], result.pixels[3 * i + 2]);
      const double value = result.pixels[3 * i] * transform.scale + transform.offset;
      largest = std::max(largest, std::abs(value - static_cast<double>(expected[i])));
    }
    EXPECT_LE(largest, 0.501 * 2048 / 255) << name;
    ++cases;
  }
  EXPECT_EQ(cases, 8);
}

TEST(InputTransform, SquashShowsAllOfTheImage) {
  const auto [input, view] = apply(ramp(200, 70), squash(32, 16));
  EXPECT_EQ(input.width, 32);
  EXPECT_EQ(input.height, 16);
  EXPECT_EQ(input.pixels, resize(ramp(200, 70), 32, 16, Filter::bilinear).pixels);
  EXPECT_THAT(numbers(view), testing::ElementsAre(0, 0, 200, 70));
  for (int side = 1; side < 3000; ++side) {
    ASSERT_THAT(numbers(view_of(squash(224, 384), side, 3000 - side)), testing::ElementsAre(0, 0, side, 3000 - side));
  }
}

TEST(InputTransform, TheViewIsWhatTheCropShows) {
  // 200 x 100 -> 64 x 32 -> the central 20 x 20: 22 pixels from the left, 6 from the top.
  const auto transform = torchvision_transform(32, 20);
  EXPECT_THAT(numbers(view_of(transform, 200, 100)), testing::ElementsAre(22 * 3.125, 6 * 3.125, 62.5, 62.5));
  // The colours of the ramp say where the pixels come from.
  const auto [input, view] = apply(ramp(200, 100), transform);
  for (const auto& [x, y] : {std::pair{0, 0}, {19, 19}, {7, 12}}) {
    const std::size_t at = static_cast<std::size_t>(y * 20 + x) * 3;
    EXPECT_NEAR(input.pixels[at], view.x + (x + 0.5) * view.width / 20 - 0.5, 0.6);
    EXPECT_NEAR(input.pixels[at + 1], view.y + (y + 0.5) * view.height / 20 - 0.5, 0.6);
  }
}

TEST(InputTransform, TheViewReachesBeyondAnImageThatIsFilledUp) {
  InputTransform transform = squash(20, 20);
  transform.rule = ResizeRule::fit;
  transform.fill = {1, 2, 3};
  // 40 x 10 -> 20 x 5, seven rows of fill above and eight below.
  const auto [input, view] = apply(blank(40, 10), transform);
  EXPECT_THAT(numbers(view), testing::ElementsAre(0, -16, 40, 40));
  for (int y = 0; y < 20; ++y) {
    const bool is_image = y >= 8 && y < 13;
    EXPECT_EQ(input.pixels[static_cast<std::size_t>(y) * 60 + 1], is_image ? 90 : 2) << y;
  }
  transform.centre = CentreRule::nearest_even;
  EXPECT_THAT(numbers(view_of(transform, 40, 10)), testing::ElementsAre(0, -14, 40, 40));
}

TEST(InputTransform, XRaysShowTheCentralSquare) {
  EXPECT_THAT(numbers(view_of(xray_transform(), 300, 201)), testing::ElementsAre(50, 0, 201, 201));
  EXPECT_THAT(numbers(view_of(xray_transform(), 64, 91)), testing::ElementsAre(0, 13, 64, 64));
}

TEST(InputTransform, AnImageDecodedAtAReducedScaleShowsTheSameView) {
  const Image full = ramp(201, 99);
  Image reduced = resize(full, 101, 50, Filter::box);
  reduced.geometry = {.width = 201, .height = 99, .exif_orientation = 1, .scale_denominator = 2};
  for (const auto& transform : {torchvision_transform(24, 20), squash(20, 20), xray_transform(20)}) {
    const auto from_full = apply(full, transform);
    const auto from_reduced = apply(reduced, transform);
    EXPECT_EQ(numbers(from_full.view), numbers(from_reduced.view));
    EXPECT_EQ(from_reduced.image.geometry.scale_denominator, 2);
    // X-rays are blurred into their surroundings at the border, and less so when there is less to shrink.
    EXPECT_LE(largest_difference(from_full.image, from_reduced.image), transform.kind == InputKind::xray ? 6 : 3);
  }
}

TEST(InputTransform, PixelsThatAreTakenAsTheyAreMustNotBeReduced) {
  InputTransform transform = squash(20, 20);
  transform.rule = ResizeRule::none;
  Image image = ramp(40, 30);
  const auto [input, view] = apply(image, transform);
  EXPECT_THAT(numbers(view), testing::ElementsAre(10, 5, 20, 20));
  EXPECT_EQ(input.pixels[0], 10);
  EXPECT_EQ(input.pixels[1], 5);
  image.geometry = {.width = 80, .height = 60, .exif_orientation = 1, .scale_denominator = 2};
  EXPECT_THAT([&] { apply(image, transform); }, ThrowsMessage<Error>(HasSubstr("set LoadOptions::min_side to 0")));
}

TEST(InputTransform, SaysHowLargeAnImageMustBeDecoded) {
  EXPECT_EQ(decoded_side(squash(224, 192)), 224);
  EXPECT_EQ(decoded_side(torchvision_transform(256, 224)), 256);
  EXPECT_EQ(decoded_side(xray_transform(224)), 224);
  InputTransform transform = squash(32, 32);
  transform.rule = ResizeRule::none;
  EXPECT_EQ(decoded_side(transform), 0);
}

TEST(InputTransform, OnlyWhatIsShownOfALongImageIsMade) {
  // Resized as a whole it would have 224 x 22,400,000 pixels.
  const auto [input, view] = apply(blank(100000, 1), torchvision_transform(224, 224, Filter::bicubic));
  EXPECT_EQ(input.width, 224);
  EXPECT_THAT(input.pixels, testing::Each(90));
  EXPECT_NEAR(view.x, 49999.5, 1e-9);
  EXPECT_NEAR(view.width, 1, 1e-9);
  EXPECT_THAT([] { view_of(torchvision_transform(256, 224), 200'000'000, 1); },
              ThrowsMessage<Error>(HasSubstr("too long for this model")));
  InputTransform fit = squash(20, 20);
  fit.rule = ResizeRule::fit;
  EXPECT_THROW(view_of(fit, 1000, 1), Error);  // the short side would vanish
}

TEST(InputTransform, RefusesWhatIsNoImage) {
  EXPECT_THROW(apply(Image{}, squash(8, 8)), Error);
  EXPECT_THROW(view_of(squash(8, 8), 0, 5), Error);
  Image torn = blank(9, 9);
  torn.pixels.pop_back();
  EXPECT_THROW(apply(torn, squash(8, 8)), Error);
  EXPECT_THROW(apply(torn, xray_transform(8)), Error);
}

TEST(InputTransform, ValidateNamesTheFieldAndTheValue) {
  const auto refuses = [](const auto& change, const std::string& message) {
    InputTransform transform = squash(32, 32);
    change(transform);
    EXPECT_THAT([&] { validate(transform); }, ThrowsMessage<Error>(HasSubstr(message)));
  };
  EXPECT_NO_THROW(validate(squash(32, 16)));
  EXPECT_NO_THROW(validate(xray_transform()));
  refuses([](InputTransform& t) { t.width = 0; }, "width is 0");
  refuses([](InputTransform& t) { t.shortest_edge = -3; }, "shortest_edge is -3");
  refuses([](InputTransform& t) { t.std[1] = 0; }, "std is 0");
  refuses([](InputTransform& t) { t.mean[2] = NAN; }, "mean is nan");
  refuses(
      [](InputTransform& t) {
        t.kind = InputKind::xray;
        t.width = 33;
      },
      "33 x 32 pixels; expected a square");
}

}  // namespace
}  // namespace fovea::image
