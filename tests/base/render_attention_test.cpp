#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <opencv2/imgproc.hpp>

#include "base/render_fixtures.hpp"
#include "fovea/error.hpp"
#include "render/attention_overlay.hpp"
#include "render/attention_sheet.hpp"
#include "render/canvas.hpp"

namespace fovea::render {
namespace {

using testing::gray_photo;
using ::testing::HasSubstr;
using testing::one_hot_caption;
using ::testing::Property;
using ::testing::Throws;

TEST(AttentionScale, IsFixed) {
  EXPECT_EQ(attention_level(0.0, 49), 0);
  EXPECT_EQ(attention_level(1.0 / 49, 49), 0);
  EXPECT_NEAR(attention_level(2.0 / 49, 49), 0.25, 1e-9);
  EXPECT_NEAR(attention_level(4.0 / 196, 196), 0.5, 1e-9);
  EXPECT_EQ(attention_level(16.0 / 49, 49), 1);
  EXPECT_EQ(attention_level(1.0, 49), 1);
}

TEST(AttentionScale, SameWeightSameColourWhateverTheOtherWeights) {
  const ColorTable colors = color_table("viridis");
  const Image image = gray_photo(70, 70);
  // Two rows of cells with the weight 0.1 in the middle of the upper left part; the rest differs a lot.
  std::vector<float> calm(49, 0.0F);
  std::vector<float> busy(49, 0.0F);
  for (const std::size_t near : {0, 1, 2, 7, 8, 9, 14, 15, 16}) {
    calm[near] = busy[near] = 0.1F;
  }
  busy[48] = 0.9F;
  const cv::Mat3b first = overlay_attention(view(image), attention_levels(calm, 7, 7), colors);
  const cv::Mat3b second = overlay_attention(view(image), attention_levels(busy, 7, 7), colors);
  EXPECT_EQ(first(15, 15), second(15, 15));
  EXPECT_NE(first(65, 65), second(65, 65));
}

TEST(AttentionMaps, WordMapIsTheMeanOverLayersAndHeads) {
  AttentionMaps maps;
  maps.layers = maps.heads = maps.words = 2;
  maps.grid_height = 1;
  maps.grid_width = 2;
  maps.weights = {1.0F, 0.0F, 0.5F, 0.5F, 0.5F, 0.5F, 0.0F, 1.0F, 0.0F, 1.0F, 0.25F, 0.75F, 0.5F, 0.5F, 0.25F, 0.75F};
  EXPECT_THAT(maps.word_map(0), ::testing::ElementsAre(0.5F, 0.5F));
  EXPECT_THAT(maps.word_map(1), ::testing::ElementsAre(0.25F, 0.75F));
  EXPECT_THAT([&] { maps.word_map(2); }, Throws<Error>(Property(&Error::code, ErrorCode::usage)));
  EXPECT_THAT([&] { maps.word_map(-1); }, Throws<Error>(Property(&Error::code, ErrorCode::usage)));
  maps.weights.pop_back();
  EXPECT_THAT([&] { maps.word_map(0); }, Throws<Error>(Property(&Error::what, HasSubstr("16 weights have 15"))));
}

struct Placement {
  int width;
  int height;
  int cell;
};

class OneHotMap : public ::testing::TestWithParam<Placement> {};

TEST_P(OneHotMap, ChangesThePhotoInItsCell) {
  const auto [width, height, cell] = GetParam();
  const Image image = gray_photo(width, height);
  const ColorTable colors = color_table("viridis");
  std::vector<float> map(49, 0.0F);
  const cv::Mat3b without = overlay_attention(view(image), attention_levels(map, 7, 7), colors);
  map[static_cast<std::size_t>(cell)] = 1;
  const cv::Mat3b with = overlay_attention(view(image), attention_levels(map, 7, 7), colors);
  double sum = 0;
  double sum_x = 0;
  double sum_y = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double change = cv::norm(with(y, x), without(y, x));
      sum += change;
      sum_x += change * (x + 0.5);
      sum_y += change * (y + 0.5);
    }
  }
  ASSERT_GT(sum, 0);
  EXPECT_EQ(static_cast<int>(sum_x / sum * 7 / width), cell % 7);
  EXPECT_EQ(static_cast<int>(sum_y / sum * 7 / height), cell / 7);
}

INSTANTIATE_TEST_SUITE_P(AspectsAndCells, OneHotMap,
                         ::testing::Values(Placement{640, 480, 0}, Placement{640, 480, 10}, Placement{640, 480, 48},
                                           Placement{100, 1000, 6}, Placement{100, 1000, 24}, Placement{100, 1000, 43},
                                           Placement{1000, 100, 20}));

TEST(AttentionOverlay, LiesOverTheViewAndLeavesTheRestWithoutColour) {
  const ColorTable colors = color_table("viridis");
  const Image photo = gray_photo(90, 60);
  // The model saw the middle: 7 x 7 cells of 7 pixels.
  const InputView middle{24, 5, 49, 49};
  std::vector<float> weights(49, 0.0F);
  weights[2 * 7 + 5] = 1;
  const cv::Mat3b overlay = overlay_attention(view(photo), attention_levels(weights, 7, 7), colors, middle);
  EXPECT_EQ(overlay(5 + 2 * 7 + 3, 24 + 5 * 7 + 3), overlay_color(1, 128, colors));
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 90; ++x) {
      const bool seen = x >= 24 && x < 73 && y >= 5 && y < 54;
      EXPECT_EQ(overlay(y, x) == cv::Vec3b::all(128), !seen) << x << ", " << y;
    }
  }
}

TEST(AttentionOverlay, AViewOfAllIsNoView) {
  const cv::Mat1f levels = attention_levels(one_hot_caption({"a"}).attention.word_map(0), 7, 7);
  const cv::Mat1f whole = stretch_levels(levels, {50, 30});
  EXPECT_EQ(cv::norm(whole, stretch_levels(levels, {50, 30}, {0, 0, 50, 30}), cv::NORM_INF), 0);
  // A view that is all but a hair of it goes another way, to the same picture.
  EXPECT_LT(cv::norm(whole, stretch_levels(levels, {50, 30}, {0, 0, 50, 30 + 1e-9}), cv::NORM_INF), 1e-4);
}

TEST(AttentionSheet, PutsMapsOnTheViewOfAPhotoOfAnySize) {
  Hypothesis caption = one_hot_caption({"dog"});
  caption.attention.view = {160, 0, 320, 320};  // of a photo of 640 x 320
  Image photo = gray_photo(320, 160);
  photo.geometry = {.width = 640, .height = 320, .exif_orientation = 1, .scale_denominator = 2};
  const Image sheet = render_attention_sheet(photo, caption);
  caption.attention.view = {80, 0, 160, 160};
  EXPECT_EQ(render_attention_sheet(gray_photo(320, 160), caption).pixels, sheet.pixels);
  caption.attention.view = {};
  EXPECT_NE(render_attention_sheet(gray_photo(320, 160), caption).pixels, sheet.pixels);
  caption.attention.view.x = std::numeric_limits<double>::infinity();
  EXPECT_THAT([&] { render_attention_sheet(photo, caption); },
              Throws<Error>(Property(&Error::what, HasSubstr("the view has a side of inf"))));
}

TEST(AttentionSheet, HoldsThePhotoAndEveryWord) {
  Image photo = gray_photo(640, 480);
  view(photo).setTo(cv::Scalar(250, 30, 200));  // a colour that neither text nor maps have
  const Image one = render_attention_sheet(photo, one_hot_caption({"dog"}));
  // Two panels of 320 x 240, a gap of 20 and margins of 28.
  EXPECT_EQ(one.width, 2 * 320 + 20 + 2 * 28);
  cv::Mat1b is_photo;
  cv::inRange(view(one), cv::Scalar(250, 30, 200), cv::Scalar(250, 30, 200), is_photo);
  EXPECT_EQ(cv::boundingRect(is_photo).size(), cv::Size(320, 240));
  EXPECT_EQ(cv::countNonZero(is_photo), 320 * 240);

  const Image many = render_attention_sheet(photo, one_hot_caption(std::vector<std::string>(30, "w\u00F6rter")));
  EXPECT_GE(static_cast<std::int64_t>(many.width) * many.height, 31LL * 320 * 240);
  EXPECT_LT(static_cast<double>(many.width) / many.height, 2.5);
  EXPECT_GT(static_cast<double>(many.width) / many.height, 1 / 2.5);
}

TEST(AttentionSheet, TakesPhotosOfAnyAspect) {
  for (const auto& [width, height] : {std::pair{4000, 400}, {400, 4000}, {1, 1}, {3000, 1}}) {
    const Image sheet = render_attention_sheet(gray_photo(width, height), one_hot_caption({"a", "long", "photo"}));
    EXPECT_GT(sheet.width, 320);
    EXPECT_LT(sheet.width, 3000);
    EXPECT_LT(sheet.height, 3000);
  }
}

TEST(AttentionSheet, TakesWordsOfAnyKind) {
  const std::string long_word(400, 'w');
  const Image sheet =
      render_attention_sheet(gray_photo(64, 64), one_hot_caption({"", long_word, "\xFF\xC3", "\u72AC"}));
  EXPECT_LT(sheet.width, 2000);
}

TEST(AttentionSheet, ShowsEachHead) {
  const Image sheet = render_attention_heads(gray_photo(200, 100), one_hot_caption({"two", "dogs"}, 7, 3, 4));
  EXPECT_GE(sheet.height, 12 * 56);
}

TEST(AttentionSheet, RefusesMalformedMaps) {
  const Image photo = gray_photo(32, 32);
  const auto refuses = [&](const Hypothesis& caption, const std::string& why) {
    EXPECT_THAT([&] { render_attention_sheet(photo, caption); }, Throws<Error>(Property(&Error::what, HasSubstr(why))));
  };
  Hypothesis caption = one_hot_caption({"two", "dogs"});
  caption.attention.weights.pop_back();
  refuses(caption, "97 weights, expected 98");

  caption = one_hot_caption({"two", "dogs"});
  caption.words.pop_back();
  refuses(caption, "maps of 2 words for a caption of 1");

  caption = one_hot_caption({"two", "dogs"});
  caption.attention.weights[3] = std::numeric_limits<float>::quiet_NaN();
  refuses(caption, "weight 3");

  caption = one_hot_caption({"two", "dogs"});
  caption.attention.grid_width = -7;
  refuses(caption, "7 x -7 cells");

  caption.attention = {};
  refuses(caption, "no attention maps");
}

TEST(AttentionSheet, RefusesAnUnknownColourMapByNamingTheKnown) {
  EXPECT_THAT([] { render_attention_sheet(gray_photo(8, 8), one_hot_caption({"x"}), {.colormap = "rainbow"}); },
              Throws<Error>(::testing::AllOf(Property(&Error::code, ErrorCode::usage),
                                             Property(&Error::what, HasSubstr("viridis, inferno, magma")))));
}

TEST(ColorTable, RunsFromDarkToLight) {
  for (const char* name : {"viridis", "inferno", "magma", "plasma", "gray", "grey"}) {
    const ColorTable table = color_table(name);
    double before = -1;
    for (const auto& [red, green, blue] : table) {
      const double brightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      EXPECT_GE(brightness, before - 1) << name;
      before = brightness;
    }
  }
  EXPECT_EQ(color_table("viridis").front(), (std::array<std::uint8_t, 3>{68, 1, 84}));
}

}  // namespace
}  // namespace fovea::render
