#include "fovea/highlighter.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "tiny_caption_model.hpp"
#include "tiny_highlight_model.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;

Image noise(int width, int height, unsigned seed) {
  Image image{.width = width, .height = height, .pixels = {}, .geometry = {}};
  image.geometry.width = width;
  image.geometry.height = height;
  std::mt19937 random(seed);
  image.pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random() >> 24);
  return image;
}

class HighlighterTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<tests::TempFolder>();
    tests::write_tiny_highlight_model(*folder / "model");
    model = Model::open(*folder / "model");
  }
  static void TearDownTestSuite() {
    model.reset();
    folder.reset();
  }
  static inline std::unique_ptr<tests::TempFolder> folder;
  static inline std::shared_ptr<const Model> model;
};

std::string error_of(const HighlightOptions& options) {
  try {
    validate(options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  return "accepted";
}

TEST_F(HighlighterTest, RefusesOptionsByName) {
  EXPECT_THAT(error_of({.threshold = 1.5}), HasSubstr("threshold is 1.5"));
  EXPECT_THAT(error_of({.min_region = -0.1}), HasSubstr("min_region is -0.1"));
  EXPECT_THAT(error_of({.caption = false, .attention = true}), HasSubstr("attention"));
  EXPECT_EQ(error_of({}), "accepted");
}

TEST_F(HighlighterTest, RefusesResultsThatAreNoNumbers) {
  const tests::TempFolder other;
  tests::write_tiny_highlight_model(other / "model");
  const auto file = other / "model/model.safetensors";
  std::string weights = tests::read_text(file);
  std::uint64_t header = 0;
  std::memcpy(&header, weights.data(), sizeof header);
  std::fill(weights.begin() + static_cast<std::ptrdiff_t>(8 + header), weights.end(), '\xFF');  // NaN in every type
  std::ofstream(file, std::ios::binary) << weights;
  const Highlighter highlighter(Model::open(other / "model"));
  try {
    static_cast<void>(highlighter.find(noise(64, 48, 1)));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    EXPECT_THAT(error.what(), HasSubstr("is not a number"));
  }
}

TEST_F(HighlighterTest, RefusesAModelThatMarksNothing) {
  const tests::TempFolder other;
  tests::write_tiny_caption_model(other / "model", 1, tests::TinyDecoder::transformer);
  try {
    const Highlighter highlighter(Model::open(other / "model"));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    EXPECT_THAT(error.what(), HasSubstr("expected FoveaHighlighter"));
  }
  EXPECT_THROW(Highlighter(nullptr), Error);
}

TEST_F(HighlighterTest, MapsHaveTheSizeOfTheImage) {
  const Highlighter highlighter(model, {.threshold = 0.1});
  const auto finding = highlighter.find(noise(90, 50, 1));
  EXPECT_EQ(finding.width, 90);
  EXPECT_EQ(finding.height, 50);
  ASSERT_EQ(finding.heat_map.size(), 90U * 50U);
  ASSERT_EQ(finding.mask.size(), 90U * 50U);
  EXPECT_THAT(finding.heat_map, testing::Each(testing::AllOf(testing::Ge(0.0F), testing::Le(1.0F))));
  double sum = 0;
  for (const auto& [label, p] : finding.scores) sum += p;
  EXPECT_EQ(finding.scores.size(), 3U);
  EXPECT_NEAR(sum, 1, 1e-5);
  EXPECT_NEAR(finding.anomaly_score.value(), 1 - finding.scores[0].second, 1e-6);
  ASSERT_TRUE(finding.caption);
  EXPECT_FALSE(finding.caption->hypotheses.empty());
}

TEST_F(HighlighterTest, AnImageThatNoLoaderMadeHasItsOwnSize) {
  auto image = noise(70, 40, 2);
  image.geometry = {};
  EXPECT_EQ(Highlighter(model).find(image).heat_map.size(), 70U * 40U);
}

TEST_F(HighlighterTest, MapsLieOverWhatTheModelSawAndAreZeroBesideIt) {
  const Highlighter highlighter(model, {.threshold = 0.01, .attention = true});
  auto prepared = highlighter.prepare(noise(64, 48, 4));
  const auto whole = highlighter.find(std::span(&prepared, 1)).front();
  // The same pixels, as the middle of an image twice as wide.
  prepared.geometry.width = 128;
  prepared.view = {.x = 32, .y = 0, .width = 64, .height = 48};
  const auto part = highlighter.find(std::span(&prepared, 1)).front();
  ASSERT_EQ(part.heat_map.size(), 128U * 48U);
  for (std::size_t y = 0; y < 48; ++y) {
    for (std::size_t x = 0; x < 128; ++x) {
      const bool seen = x >= 32 && x < 96;
      ASSERT_NEAR(part.heat_map[y * 128 + x], seen ? whole.heat_map[y * 64 + x - 32] : 0, 1e-6) << x << ", " << y;
      if (!seen) {
        ASSERT_EQ(part.mask[y * 128 + x], 0);
      }
    }
  }
  EXPECT_EQ(part.caption->hypotheses.front().attention.view.x, 32);
}

TEST_F(HighlighterTest, TheBatchDoesNotMatter) {
  const Highlighter highlighter(model, {.threshold = 0.1});
  std::vector<PreparedImage> images;
  for (unsigned i = 0; i < 5; ++i) images.push_back(highlighter.prepare(noise(60 + static_cast<int>(i), 64, i)));
  const auto together = highlighter.find(images);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto alone = highlighter.find(std::span(&images[i], 1)).front();
    for (std::size_t p = 0; p < alone.heat_map.size(); ++p) {
      ASSERT_NEAR(alone.heat_map[p], together[i].heat_map[p], 1e-4);
    }
    EXPECT_EQ(alone.caption->hypotheses.front().text, together[i].caption->hypotheses.front().text);
    EXPECT_EQ(alone.label, together[i].label);
  }
}

TEST_F(HighlighterTest, TheMirroredImageCountsOnlyWhenAsked) {
  auto image = noise(64, 64, 3);
  auto mirrored = image;
  for (std::size_t y = 0; y < 64; ++y) {
    for (std::size_t x = 0; x < 64; ++x) {
      for (std::size_t c = 0; c < 3; ++c) {
        mirrored.pixels.at((y * 64 + x) * 3 + c) = image.pixels.at((y * 64 + 63 - x) * 3 + c);
      }
    }
  }
  const auto difference = [&](const HighlightOptions& options) {
    const Highlighter highlighter(model, options);
    const auto one = highlighter.find(image).heat_map, other = highlighter.find(mirrored).heat_map;
    float largest = 0;
    for (std::size_t y = 0; y < 64; ++y) {
      for (std::size_t x = 0; x < 64; ++x) {
        largest = std::max(largest, std::abs(one[y * 64 + x] - other[y * 64 + 63 - x]));
      }
    }
    return largest;
  };
  EXPECT_LT(difference({.flip = true}), 1e-4);
  EXPECT_GT(difference({}), 1e-3);
}

TEST_F(HighlighterTest, ThresholdAndSmallRegionsDecideWhatIsMarked) {
  const auto image = noise(64, 64, 5);
  const auto all = Highlighter(model, {.threshold = 0}).find(image);
  EXPECT_EQ(all.regions.size(), 1U);
  EXPECT_EQ(all.regions.front().area_px, 64 * 64);
  EXPECT_EQ(all.regions.front().label, all.scores[1].second > all.scores[2].second ? "benign" : "malignant")
      << "what is marked is a finding, even in an image that is called " << all.label;
  EXPECT_TRUE(Highlighter(model, {.threshold = 1}).find(image).regions.empty());
  const auto some = Highlighter(model, {.threshold = 0.15, .min_region = 0.05}).find(image);
  for (const auto& region : some.regions) EXPECT_GE(region.area_px, 0.05 * 64 * 64);
}

TEST(Locate, MillimetresComeFromTheGeometry) {
  Finding finding;
  finding.regions.resize(1);
  finding.regions[0].area_px = 10;
  finding.regions[0].centroid_px = {4, 2};
  ScanGeometry geometry;
  locate(finding, geometry);
  EXPECT_FALSE(finding.regions[0].area_mm2);
  geometry.spacing = PixelSpacing{.between_rows = 0.5, .between_columns = 0.25};
  locate(finding, geometry);
  EXPECT_DOUBLE_EQ(finding.regions[0].area_mm2.value(), 1.25);
  EXPECT_FALSE(finding.regions[0].centroid_mm);
  geometry.orientation = ScanOrientation{.along_row = {1, 0, 0}, .along_column = {0, 1, 0}};
  geometry.position = Vector3{10, 20, 30};
  locate(finding, geometry);
  EXPECT_THAT(finding.regions[0].centroid_mm.value(), testing::ElementsAre(11, 21, 30));
}

}  // namespace
}  // namespace fovea
