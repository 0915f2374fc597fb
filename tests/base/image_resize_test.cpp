#include <algorithm>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "image/resize.hpp"
#include "io/safetensors.hpp"

namespace fovea::image {
namespace {

Image to_image(const io::TensorView& view) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(view.bytes.data());
  return {.width = static_cast<int>(view.shape[1]),
          .height = static_cast<int>(view.shape[0]),
          .pixels = {begin, begin + view.bytes.size()},
          .geometry = {}};
}

Image grey(int width, int height, std::uint8_t level) {
  return {.width = width,
          .height = height,
          .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, level),
          .geometry = {}};
}

class ResizeGoldens : public testing::TestWithParam<Filter> {};

TEST_P(ResizeGoldens, EqualPillow) {
  const io::SafetensorsFile goldens(FOVEA_TEST_DATA_DIR "/io/resize.safetensors");
  const std::string filter = GetParam() == Filter::bilinear ? "bilinear" : "bicubic";
  int cases = 0;
  for (const auto& [name, view] : goldens.tensors()) {
    if (!name.ends_with(".input")) continue;
    const std::string number = name.substr(0, name.find('.'));
    const Image expected = to_image(goldens.tensors().at(number + "." + filter));
    const Image result = resize(to_image(view), expected.width, expected.height, GetParam());
    ASSERT_EQ(result.width, expected.width);
    ASSERT_EQ(result.height, expected.height);
    EXPECT_EQ(result.pixels, expected.pixels) << "case " << number;
    ++cases;
  }
  EXPECT_EQ(cases, 14);
}

INSTANTIATE_TEST_SUITE_P(Filters, ResizeGoldens, testing::Values(Filter::bilinear, Filter::bicubic));

TEST(Resize, KeepsAFlatImageFlatAtAnyRatio) {
  for (const Filter filter : {Filter::bilinear, Filter::bicubic}) {
    const Image result = resize(grey(4000, 3, 201), 7, 90, filter);
    EXPECT_THAT(result.pixels, testing::Each(201));
    EXPECT_EQ(result.pixels.size(), 7U * 90 * 3);
  }
}

TEST(Resize, KeepsGeometryAndReturnsTheSameSizeUnchanged) {
  Image image = grey(6, 4, 9);
  image.pixels[17] = 200;
  image.geometry = {.width = 60, .height = 40, .exif_orientation = 6, .scale_denominator = 8};
  const Image same = resize(image, 6, 4, Filter::bicubic);
  EXPECT_EQ(same.pixels, image.pixels);
  const Image smaller = resize(image, 3, 2, Filter::bilinear);
  EXPECT_EQ(smaller.geometry.width, 60);
  EXPECT_EQ(smaller.geometry.height, 40);
  EXPECT_EQ(smaller.geometry.exif_orientation, 6);
  EXPECT_EQ(smaller.geometry.scale_denominator, 8);
}

TEST(Resize, RefusesSidesOfZeroAndPixelsThatDoNotFit) {
  const auto code_of = [](const Image& image, int width, int height) {
    try {
      resize(image, width, height, Filter::bilinear);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  EXPECT_EQ(code_of(grey(4, 4, 0), 0, 4), ErrorCode::usage);
  EXPECT_EQ(code_of(grey(4, 4, 0), 4, -1), ErrorCode::usage);
  EXPECT_EQ(code_of(Image{}, 4, 4), ErrorCode::usage);
  Image torn = grey(4, 4, 0);
  torn.pixels.pop_back();
  EXPECT_EQ(code_of(torn, 2, 2), ErrorCode::usage);
}

}  // namespace
}  // namespace fovea::image
