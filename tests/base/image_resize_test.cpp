#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

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

struct NamedFilter {
  Filter filter;
  const char* name;  ///< as the goldens spell it
  int cases;         ///< there are of it
};

constexpr std::array kFilters{
    NamedFilter{Filter::nearest, "nearest", 11},   NamedFilter{Filter::lanczos, "lanczos", 11},
    NamedFilter{Filter::bilinear, "bilinear", 14}, NamedFilter{Filter::bicubic, "bicubic", 14},
    NamedFilter{Filter::box, "box", 11},           NamedFilter{Filter::hamming, "hamming", 11}};

class ResizeGoldens : public testing::TestWithParam<NamedFilter> {};

TEST_P(ResizeGoldens, EqualPillow) {
  const io::SafetensorsFile goldens(FOVEA_TEST_DATA_DIR "/io/resize.safetensors");
  const auto& [filter, name, expected_cases] = GetParam();
  int cases = 0;
  for (const auto& [key, view] : goldens.tensors()) {
    if (!key.ends_with(std::string(".") + name)) continue;
    const std::string number = key.substr(0, key.find('.'));
    const Image expected = to_image(view);
    const Image result =
        resize(to_image(goldens.tensors().at(number + ".input")), expected.width, expected.height, filter);
    ASSERT_EQ(result.width, expected.width);
    ASSERT_EQ(result.height, expected.height);
    EXPECT_EQ(result.pixels, expected.pixels) << "case " << number;
    ++cases;
  }
  EXPECT_EQ(cases, expected_cases);
}

TEST_P(ResizeGoldens, PartsAreThoseOfTheWhole) {
  const io::SafetensorsFile goldens(FOVEA_TEST_DATA_DIR "/io/resize.safetensors");
  const Image image = to_image(goldens.tensors().at("02.input"));  // 113 x 71
  for (const auto& [width, height] : {std::pair{31, 29}, {150, 20}, {20, 150}, {113, 30}, {40, 71}, {113, 71}}) {
    const Image whole = resize(image, width, height, GetParam().filter);
    for (const Window& part : {Window{0, 0, width, height}, Window{3, 5, 11, 9}, Window{width - 1, height - 1, 1, 1},
                               Window{0, height / 2, width, 2}, Window{width - 7, 0, 7, height}}) {
      const Image result = resize_window(image, width, height, GetParam().filter, part);
      ASSERT_EQ(result.width, part.width);
      ASSERT_EQ(result.height, part.height);
      std::vector<std::uint8_t> expected;
      for (int y = part.y; y < part.y + part.height; ++y) {
        const auto row = whole.pixels.begin() + 3 * (static_cast<std::ptrdiff_t>(y) * width + part.x);
        expected.insert(expected.end(), row, row + 3 * static_cast<std::ptrdiff_t>(part.width));
      }
      EXPECT_EQ(result.pixels, expected) << width << " x " << height << ", part at " << part.x << ", " << part.y;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Filters, ResizeGoldens, testing::ValuesIn(kFilters),
                         [](const auto& of) { return std::string(of.param.name); });

TEST(Resize, KeepsAFlatImageFlatAtAnyRatio) {
  for (const NamedFilter& each : kFilters) {
    const Image result = resize(grey(4000, 3, 201), 7, 90, each.filter);
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
  for (const Window& window : {Window{0, 0, 0, 1}, Window{-1, 0, 1, 1}, Window{2, 0, 1, 1}, Window{0, 1, 1, 2}}) {
    EXPECT_THROW(resize_window(grey(4, 4, 0), 2, 2, Filter::bilinear, window), Error);
  }
}

}  // namespace
}  // namespace fovea::image
