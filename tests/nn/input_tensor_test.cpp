#include "nn/input_tensor.hpp"

#include <cmath>
#include <fstream>
#include <vector>

#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "highlight/heat_map.hpp"
#include "nn/preprocessor_config.hpp"
#include "preprocess_goldens.hpp"

namespace fovea {
namespace {

TEST(InputTensor, EqualsTransformersPixelValues) {
  const tests::PreprocessGoldens goldens;
  std::ifstream in(FOVEA_TEST_DATA_DIR "/nn/preprocess_configs.json");
  const auto configs = nlohmann::json::parse(in).at("processors");
  const auto names = goldens.names("values.");
  ASSERT_EQ(names.size(), 2U);
  for (const auto& name : names) {
    const auto config = configs.at(name.substr(name.find('.') + 1)).dump();
    const auto transform = nn::parse_preprocessor_config(config, nn::ImageProcessor::vit, name);
    auto input = image::apply(goldens.image("image.0"), transform).image;
    const auto rgb = at::from_blob(input.pixels.data(), {1, input.height, input.width, 3}, at::kByte);
    const auto values = nn::normalize(rgb, transform);
    const auto expected = goldens.values(name);
    ASSERT_EQ(values.numel(), static_cast<std::int64_t>(expected.size()));
    EXPECT_EQ(values.size(1), 3);
    ASSERT_TRUE(values.is_contiguous());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(values.const_data_ptr<float>()[i], expected[i], 2e-6) << name;
    }
  }
}

TEST(InputTensor, XRaysHaveOneChannelFromMinusToPlus1024) {
  const auto rgb = at::tensor({0, 0, 0, 255, 255, 255}, at::kByte).view({1, 1, 2, 3});
  const auto values = nn::normalize(rgb, image::xray_transform());
  ASSERT_EQ(values.sizes(), (std::vector<std::int64_t>{1, 1, 1, 2}));
  EXPECT_FLOAT_EQ(values.const_data_ptr<float>()[0], -1024);
  EXPECT_FLOAT_EQ(values.const_data_ptr<float>()[1], 1024);
}

TEST(HeatMap, LiesOverTheViewAndIsZeroBesideIt) {
  // Two cells, on the right half of an image of 8 x 2.
  const auto logits = at::tensor({-2.0F, 2.0F}).view({1, 1, 2});
  const auto map = highlight::stretch(logits, 8, 2, {4, 0, 4, 2});
  const auto p = [](double logit) { return static_cast<float>(1 / (1 + std::exp(-logit))); };
  const std::vector<float> row{0, 0, 0, 0, p(-2), p(-1), p(1), p(2)};
  ASSERT_EQ(map.size(), 16U);
  for (std::size_t i = 0; i < map.size(); ++i) EXPECT_NEAR(map[i], row[i % 8], 1e-6) << i;
}

TEST(HeatMap, AViewOfAllIsTheMapOfASquashedImage) {
  const auto logits = at::tensor({-2.0F, 1.0F, 3.0F, 0.5F, -1.0F, 2.5F}).view({1, 2, 3});
  const auto whole = highlight::stretch(logits, 13, 9);
  EXPECT_EQ(highlight::stretch(logits, 13, 9, {0, 0, 13, 9}), whole);
  // The general way gives the same within rounding.
  const auto nearly = highlight::stretch(logits, 13, 9, {0, 0, 13, 9 + 1e-9});
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(nearly[i], whole[i], 1e-6);
}

}  // namespace
}  // namespace fovea
