#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "image/annotations.hpp"

namespace fovea::image {
namespace {

constexpr int kSide = 256;

/// Soft grey texture, as ultrasound has it.
Image scan() {
  Image image{.width = kSide, .height = kSide, .pixels = {}, .geometry = {}};
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double level = 90 + 40 * std::sin(x / 9.0) * std::cos(y / 7.0) + 20 * std::sin((x + y) / 5.0);
      for (int c = 0; c < 3; ++c) image.pixels.push_back(static_cast<std::uint8_t>(level));
    }
  }
  return image;
}

void set(Image& image, int x, int y, std::array<std::uint8_t, 3> colour) {
  std::copy(colour.begin(), colour.end(), image.pixels.begin() + static_cast<std::ptrdiff_t>(y * kSide + x) * 3);
}

/// A caliper: a cross of 9 px, 1 px wide.
void draw_cross(Image& image, int x, int y, std::array<std::uint8_t, 3> colour) {
  for (int d = -4; d <= 4; ++d) {
    set(image, x + d, y, colour);
    set(image, x, y + d, colour);
  }
}

TEST(Annotations, CalipersAreFoundAndFilledIn) {
  const auto clean = scan();
  auto marked = clean;
  draw_cross(marked, 60, 80, {255, 255, 255});
  draw_cross(marked, 150, 40, {230, 210, 20});
  const auto found = find_annotations(marked);
  for (int d = -3; d <= 3; ++d) {
    EXPECT_EQ(found[static_cast<std::size_t>(80 * kSide + 60 + d)], 1) << d;
    EXPECT_EQ(found[static_cast<std::size_t>((40 + d) * kSide + 150)], 1) << d;
  }
  EXPECT_LT(std::count(found.begin(), found.end(), 1), 160);

  const auto filled = without_annotations(marked);
  int largest = 0;
  for (std::size_t i = 0; i < filled.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(filled.pixels[i] - clean.pixels[i]));
  }
  EXPECT_LT(largest, 40) << "the crosses were over 100 levels brighter";
}

TEST(Annotations, AScanWithoutThemStaysAsItIs) {
  const auto image = scan();
  const auto found = find_annotations(image);
  EXPECT_EQ(std::count(found.begin(), found.end(), 1), 0);
  EXPECT_EQ(without_annotations(image).pixels, image.pixels);
}

TEST(Annotations, BrightTissueIsNone) {
  auto image = scan();
  for (int y = 100; y < 130; ++y) {
    for (int x = 50; x < 200; ++x) set(image, x, y, {240, 240, 240});
  }
  const auto found = find_annotations(image);
  EXPECT_EQ(found[static_cast<std::size_t>(115 * kSide + 120)], 0);
}

}  // namespace
}  // namespace fovea::image
