#include "nn/highlight_model.hpp"

#include <cmath>
#include <string>

#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "nn/weights.hpp"
#include "tiny_caption_model.hpp"
#include "tiny_highlight_model.hpp"

namespace fovea::nn {
namespace {

using testing::HasSubstr;

std::string parse_error(std::string json, const std::string& from, const std::string& to) {
  const auto at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  json.replace(at, from.size(), to);
  try {
    parse_highlight_config(json, "config.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    return error.what();
  }
  return "accepted";
}

TEST(HighlightConfig, ComesBackAsItWasWritten) {
  for (const bool labels : {false, true}) {
    auto config = tests::tiny_highlight_config(labels, labels);
    config.calibration = {
        .pixel_temperature = 1.5, .label_temperature = 0.7, .threshold = 0.4, .anomaly_threshold = 0.2};
    const auto json = to_json(config);
    const auto back = parse_highlight_config(json, "config.json");
    EXPECT_EQ(to_json(back), json);
    EXPECT_EQ(back.calibration.threshold, 0.4);
    EXPECT_EQ(back.captions.has_value(), labels);
  }
}

TEST(HighlightConfig, NamesWhatIsWrong) {
  const auto good = to_json(tests::tiny_highlight_config());
  EXPECT_THAT(parse_error(good, "FoveaHighlighter", "Unet"), HasSubstr("'architecture' is 'Unet'"));
  EXPECT_THAT(parse_error(good, "\"input_size\": 64", "\"input_size\": 65"), HasSubstr("a multiple of 32"));
  EXPECT_THAT(parse_error(good, "\"normal\": \"normal\"", "\"normal\": \"healthy\""), HasSubstr("'healthy'"));
  EXPECT_THAT(parse_error(good, "\"malignant\"", "\"benign\""), HasSubstr("a list of different strings"));
  EXPECT_THAT(parse_error(good, "16,\n      16,\n      8", "16, 16, 9"), HasSubstr("three multiples of 8"));
  EXPECT_THAT(parse_error(good, "\"threshold\": 0.5", "\"threshold\": 1.5"), HasSubstr("'threshold' is 1.5"));
  EXPECT_THAT(parse_error(good, "\"finding\"", "\"find\""), HasSubstr("'finding' is missing"));
}

TEST(HighlightConfig, NamesFindingsAsSentencesDo) {
  EXPECT_THAT(tests::tiny_highlight_config().findings(), testing::ElementsAre("benign mass", "malignant mass"));
  EXPECT_THAT(tests::tiny_highlight_config(false).findings(), testing::ElementsAre("mass"));
}

TEST(HighlightNetwork, GivesAMapAtAQuarterOfTheInputAndLabels) {
  const c10::InferenceMode inference;
  auto network = tests::tiny_highlight_network(tests::tiny_highlight_config());
  const auto rgb = at::randint(0, 256, {2, 64, 64, 3}, at::kByte);
  const auto out = network->forward(network->extract(rgb));
  EXPECT_EQ(out.heat.sizes(), (std::vector<std::int64_t>{2, 1, 16, 16}));
  EXPECT_EQ(out.labels.sizes(), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(out.memory.tokens.sizes(), (std::vector<std::int64_t>{2, 16, 16}));
  EXPECT_EQ(network->caption_memory(calibrated(out, {}, 0.5)).tokens.sizes(), out.memory.tokens.sizes());

  auto without = tests::tiny_highlight_network(tests::tiny_highlight_config(false, false));
  EXPECT_FALSE(without->forward(without->extract(rgb)).labels.defined());
  EXPECT_EQ(without->decoder(), nullptr);
}

TEST(HighlightModel, AnswersAsTheNetworkThatWasSaved) {
  const tests::TempFolder folder;
  const auto config = tests::tiny_highlight_config();
  const auto network = tests::tiny_highlight_network(config);
  tests::write_tiny_highlight_model(folder / "model");
  const auto model = std::dynamic_pointer_cast<const HighlightModel>(Model::open(folder / "model"));
  ASSERT_TRUE(model);
  EXPECT_EQ(model->info().architecture, "FoveaHighlighter");
  EXPECT_THAT(model->info().labels, testing::ElementsAre("normal", "benign", "malignant"));

  const auto rgb = at::randint(0, 256, {3, 64, 64, 3}, at::kByte);
  const auto result = model->run(rgb);
  const c10::InferenceMode inference;
  auto rounded = network;
  rounded->to(at::kHalf);  // as weights are stored
  rounded->to(at::kFloat);
  const auto expected = rounded->forward(rounded->extract(rgb));
  EXPECT_LT((result.output.heat - expected.heat).abs().max().item<float>(), 0.001F);
  EXPECT_LT((result.output.labels - expected.labels).abs().max().item<float>(), 0.001F);
}

TEST(HighlightModel, NamesWhatIsMissing) {
  const tests::TempFolder folder;
  tests::write_tiny_highlight_model(folder / "model");
  const auto file = folder / "model/model.safetensors";
  auto weights = read_tensors(file);
  weights.erase("dense.logits.bias");
  write_tensors(file, weights, at::kHalf);
  try {
    Model::open(folder / "model");
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    EXPECT_THAT(error.what(), HasSubstr("dense.logits.bias"));
  }
  std::filesystem::remove(folder / "model/vocab.txt");
  EXPECT_THROW(Model::open(folder / "model"), Error);
  folder.write("other/config.json", R"({"architecture": "Unet"})");
  EXPECT_THROW(Model::open(folder / "other"), Error);
}

TEST(MapMoments, SayWhereAndHowLargeTheMarkedPartIs) {
  auto map = at::zeros({2, 40, 40});
  map[0].slice(0, 0, 10).slice(1, 20, 40).fill_(1);  // 20 x 10, upper right
  map[1].slice(0, 25, 35).slice(1, 5, 15).fill_(1);  // 10 x 10, lower left
  const auto moments = map_moments(map);
  const auto moment = [&](int image, int figure) { return moments[image][figure].item<double>(); };
  EXPECT_NEAR(std::exp(2 * moment(0, 0)), 200.0 / 1600, 1e-3);
  EXPECT_GT(moment(0, 1), 0.5);
  EXPECT_LT(moment(0, 2), -0.5);
  EXPECT_LT(moment(1, 1), -0.5);
  EXPECT_GT(moment(1, 2), 0.5);
  EXPECT_NEAR(moment(0, 5), 0.5, 0.02);
  EXPECT_NEAR(moment(1, 5), 1, 0.1);
  EXPECT_TRUE(map_moments(at::zeros({1, 8, 8})).isfinite().all().item<bool>()) << "nothing is marked";
}

TEST(MainPart, IsTheConnectedPartWithTheLargestPeak) {
  auto map = at::zeros({2, 32, 32});
  map[0].slice(0, 0, 3).slice(1, 0, 3).fill_(1);       // small
  map[0].slice(0, 10, 30).slice(1, 8, 30).fill_(0.9);  // large
  auto angle = map[1];
  angle.slice(0, 4, 28).slice(1, 4, 28).fill_(1);
  angle.slice(0, 6, 28).slice(1, 6, 28).fill_(0);  // thin and long
  const auto part = main_part(map);
  auto large = map[0].clone();
  large.slice(0, 0, 3).fill_(0);
  EXPECT_TRUE(at::equal(part[0], large));
  EXPECT_TRUE(at::equal(part[1], map[1])) << "what is connected is reached along it";
  EXPECT_EQ(main_part(at::zeros({1, 32, 32})).sum().item<float>(), 0);
}

TEST(HighlightNetwork, CalibratedMapsAreOverNothingWhereTheyReachTheThreshold) {
  const HighlightOutput output{.heat = at::full({1, 1, 1, 1}, 2 * std::log(0.7 / 0.3)), .labels = {}, .memory = {}};
  const Calibration calibration{.pixel_temperature = 2};
  EXPECT_NEAR(calibrated(output, calibration, 0.7).heat.item<double>(), 0, 1e-6);
  EXPECT_GT(calibrated(output, calibration, 0.6).heat.item<double>(), 0);
  EXPECT_TRUE(calibrated(output, calibration, 1).heat.isfinite().item<bool>());
}

TEST(Familiarity, KnowsWhatItHasSeen) {
  const c10::InferenceMode inference;
  Familiarity familiarity;
  const auto unit = at::ones({1, FamiliarityImpl::kFeatures});
  EXPECT_EQ(familiarity->distance(unit).item<float>(), 0) << "nothing was fitted";
  const auto mixing = at::randn({20, FamiliarityImpl::kFeatures});
  const auto draw = [&](std::int64_t n) { return at::randn({n, 20}).matmul(mixing) + 0.1 * at::randn({n, 304}) + 5; };
  familiarity->fit(draw(200), draw(100));
  EXPECT_LT(familiarity->distance(draw(100)).quantile(0.9).item<float>(), 1);
  EXPECT_GT(familiarity->distance(draw(50) + at::randn({1, 304}) * 3).min().item<float>(), 1)
      << "away from what varies in training";
  EXPECT_THROW(familiarity->fit(draw(20), draw(5)), Error);
}

}  // namespace
}  // namespace fovea::nn
