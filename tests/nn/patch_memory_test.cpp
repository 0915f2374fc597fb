#include "nn/patch_memory.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <ATen/Context.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/asinh.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "fovea/highlighter.hpp"
#include "nn/weights.hpp"

namespace fovea::nn {
namespace {

using testing::HasSubstr;

PatchMemoryConfig tiny_config() {
  PatchMemoryConfig config;
  config.licence = "random weights, for tests";
  config.input_size = 64;
  config.patches = 20;
  config.neighbours = 3;
  config.calibration = {.pixel = {.limit = 0.5, .scale = 0.25},
                        .image = {.limit = 0.75, .scale = 0.125},
                        .marked_share = 0.02,
                        .false_alarm_share = 0.05,
                        .images = 40};
  return config;
}

std::string parse_error(std::string json, const std::string& from, const std::string& to) {
  const auto at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  json.replace(at, from.size(), to);
  try {
    parse_patch_memory_config(json, "config.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    return error.what();
  }
  return "accepted";
}

TEST(PatchMemoryConfig, NamesWhatIsWrong) {
  const auto good = to_json(tiny_config());
  EXPECT_THAT(parse_error(good, "FoveaPatchCore", "Unet"), HasSubstr("'architecture' is 'Unet'"));
  EXPECT_THAT(parse_error(good, "\"input_size\": 64", "\"input_size\": 65"), HasSubstr("a multiple of 32"));
  EXPECT_THAT(parse_error(good, "\"eighth\"", "\"third\""), HasSubstr("different ones of quarter, eighth, sixteenth"));
  EXPECT_THAT(parse_error(good, "\"eighth\"", "\"sixteenth\""), HasSubstr("different ones"));
  EXPECT_THAT(parse_error(good, "\"patches\": 20", "\"patches\": 0"), HasSubstr("'patches' is 0"));
  EXPECT_THAT(parse_error(good, "\"patches\": 20", "\"patches\": 99999999999"), HasSubstr("'patches' is"));
  EXPECT_THAT(parse_error(good, "\"finding\": \"anomaly\"", "\"finding\": \"\""), HasSubstr("'finding' is empty"));
  EXPECT_THAT(parse_error(good, "\"scale\": 0.25", "\"scale\": 0"), HasSubstr("calibration: pixel: 'scale' is 0"));
  EXPECT_THAT(parse_error(good, "\"smoothing\"", "\"smooth\""), HasSubstr("'smoothing' is missing"));
  EXPECT_THAT(parse_error(good, "\"calibration\"", "\"calibrated\""), HasSubstr("'calibration' is missing"));
}

TEST(PatchMemoryConfig, ComesBackAsItWasWritten) {
  auto config = tiny_config();
  config.levels = {PyramidLevel::quarter, PyramidLevel::sixteenth};
  const auto json = to_json(config);
  const auto back = parse_patch_memory_config(json, "config.json");
  EXPECT_EQ(to_json(back), json);
  EXPECT_EQ(back.channels(), 24 + 96);
  EXPECT_EQ(back.calibration.image.limit, 0.75);
}

/// Distance of each query from each vector, without any trick.
std::vector<std::vector<double>> all_distances(const at::Tensor& queries, const at::Tensor& vectors) {
  std::vector<std::vector<double>> result;
  for (std::int64_t q = 0; q < queries.size(0); ++q) {
    auto& row = result.emplace_back();
    for (std::int64_t v = 0; v < vectors.size(0); ++v) {
      row.push_back((queries[q].to(at::kDouble) - vectors[v].to(at::kDouble)).norm().item<double>());
    }
  }
  return result;
}

TEST(NearestNeighbours, AreThoseOfComparingWithEach) {
  at::manual_seed(3);
  // Far from the origin, where squares of lengths lose most digits.
  const auto vectors = at::randn({50, 12}) + 100, queries = at::randn({33, 12}) + 100;
  const NearestNeighbours search(vectors);
  const auto found = search.nearest(queries);
  const auto three = search.neighbours(queries, 3);
  const auto expected = all_distances(queries, vectors);
  for (std::int64_t q = 0; q < queries.size(0); ++q) {
    const auto& row = expected[static_cast<std::size_t>(q)];
    std::vector<std::int64_t> order(row.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
    std::sort(order.begin(), order.end(),
              [&](auto a, auto b) { return row[static_cast<std::size_t>(a)] < row[static_cast<std::size_t>(b)]; });
    EXPECT_EQ(found.index[q].item<std::int64_t>(), order[0]);
    EXPECT_NEAR(found.distance[q].item<double>(), row[static_cast<std::size_t>(order[0])], 1e-5);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(three[q][i].item<std::int64_t>(), order[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(search.nearest(vectors).distance.abs().max().item<double>(), 0) << "each is its own nearest";
}

TEST(NearestNeighbours, LookUpMoreThanOneTableHolds) {
  at::manual_seed(4);
  const auto vectors = at::randn({5000, 4}), queries = at::randn({1700, 4});
  const NearestNeighbours search(vectors);
  const auto together = search.nearest(queries);
  const auto alone = search.nearest(queries.slice(0, 1600, 1700));
  EXPECT_TRUE(together.distance.slice(0, 1600).equal(alone.distance));
  EXPECT_TRUE(together.index.slice(0, 1600).equal(alone.index));
  EXPECT_EQ(together.distance.size(0), 1700);
}

TEST(PatchFeatures, AreMeansOfNeighbourhoodsSideBySide) {
  PyramidFeatures pyramid;
  pyramid.eighth = at::arange(2 * 32 * 8 * 8, at::kFloat).view({2, 32, 8, 8});
  pyramid.grids.fine = at::full({2, 96, 4, 4}, 3.0F);
  const auto features = patch_features(pyramid, {PyramidLevel::eighth, PyramidLevel::sixteenth});
  ASSERT_EQ(features.sizes(), (std::vector<std::int64_t>{2, 128, 8, 8}));
  EXPECT_FLOAT_EQ(features[1][5][3][4].item<float>(), pyramid.eighth[1][5][3][4].item<float>()) << "mean of a slope";
  const auto corner = pyramid.eighth[0][0].slice(0, 0, 2).slice(1, 0, 2).mean().item<float>();
  EXPECT_FLOAT_EQ(features[0][0][0][0].item<float>(), corner) << "what lies outside does not count";
  EXPECT_TRUE(features.slice(1, 32).eq(3).all().item<bool>());
  const auto rows = patch_rows(features);
  EXPECT_TRUE(rows[64 + 8 * 3 + 4].equal(features[1].select(1, 3).select(1, 4)));
}

TEST(PatchMemory, ScoresAsThePaperSays) {
  at::manual_seed(5);
  const auto patches = at::randn({30, 6}), features = at::randn({4, 6, 3, 5});
  const auto found = PatchMemory(patches, 4).compare(features);
  EXPECT_EQ(found.map.sizes(), (std::vector<std::int64_t>{4, 3, 5}));
  const auto among = all_distances(patches, patches);
  for (std::int64_t image = 0; image < 4; ++image) {
    const auto rows = patch_rows(features[image].unsqueeze(0));
    const auto distances = all_distances(rows, patches);
    double largest = 0, score = 0;
    for (std::size_t p = 0; p < distances.size(); ++p) {
      const auto nearest = std::min_element(distances[p].begin(), distances[p].end());
      const auto y = static_cast<std::int64_t>(p) / 5, x = static_cast<std::int64_t>(p) % 5;
      EXPECT_NEAR(found.map[image][y][x].item<double>(), *nearest, 1e-5);
      if (*nearest <= largest) continue;
      largest = *nearest;
      const auto& like = among[static_cast<std::size_t>(nearest - distances[p].begin())];
      std::vector<std::size_t> order(like.size());
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
      std::sort(order.begin(), order.end(), [&](auto a, auto b) { return like[a] < like[b]; });
      double sum = 0;
      for (std::size_t i = 0; i < 4; ++i) sum += std::exp(distances[p][order[i]]);
      score = (1 - std::exp(largest) / sum) * largest;
    }
    EXPECT_NEAR(found.image[image].item<double>(), score, 1e-4);
  }
  const auto plain = PatchMemory(patches, 1).compare(features);
  EXPECT_TRUE(plain.image.equal(plain.map.flatten(1).amax(1))) << "one neighbour: no weight";
}

TEST(PatchMemory, HasNoMoreNeighboursThanPatches) {
  const auto one = PatchMemory(at::zeros({1, 2}), 9).compare(at::full({1, 2, 2, 2}, 3.0F));
  EXPECT_NEAR(one.image.item<double>(), 3 * std::sqrt(2), 1e-5);
  const auto far = PatchMemory(at::randn({5, 2}), 9).compare(at::full({1, 2, 2, 2}, 1e4F));
  EXPECT_TRUE(far.image.isfinite().all().item<bool>()) << "no exponential overflows";
}

TEST(SmoothDistances, SpreadWithoutLoss) {
  auto map = at::zeros({1, 16, 16});
  map[0][8][8] = 1;
  const auto smooth = smooth_distances(map, 64, 4);
  ASSERT_EQ(smooth.sizes(), (std::vector<std::int64_t>{1, 1, 16, 16}));
  EXPECT_NEAR(smooth.sum().item<double>(), 1, 1e-5);
  // Sigma of 4 pixels is one cell.
  EXPECT_NEAR(smooth[0][0][8][9].item<double>() / smooth[0][0][8][8].item<double>(), std::exp(-0.5), 1e-4);
  EXPECT_TRUE(smooth_distances(map, 64, 0).squeeze(0).equal(map));
  const auto even = smooth_distances(at::ones({2, 8, 8}), 64, 30);
  EXPECT_EQ(even.sizes(), (std::vector<std::int64_t>{2, 1, 16, 16}));
  EXPECT_NEAR((even - 1).abs().max().item<double>(), 0, 1e-5) << "borders are as the rest";
}

/// A folder of a model with random weights and random patches.
PatchMemoryNetwork write_model(const std::filesystem::path& folder, const PatchMemoryConfig& config) {
  const c10::AutoGradMode no_grad(false);
  at::manual_seed(7);
  PatchMemoryNetwork network(config);
  network->patches().copy_(at::randn(network->patches().sizes()));
  network->scales().copy_(at::tensor({0.5F, 0.25F}));
  save_patch_memory(folder, config, *network);
  return network;
}

TEST(PatchMemoryModel, AnswersAsWhatWasSaved) {
  const tests::TempFolder folder;
  const auto config = tiny_config();
  auto network = write_model(folder / "model", config);
  const auto model = std::dynamic_pointer_cast<const PatchMemoryModel>(Model::open(folder / "model"));
  ASSERT_TRUE(model);
  EXPECT_EQ(model->info().architecture, "FoveaPatchCore");
  EXPECT_EQ(model->info().id, "model");
  EXPECT_EQ(model->info().finding, "anomaly");
  EXPECT_TRUE(model->info().labels.empty());
  EXPECT_EQ(model->info().sha256.size(), 64U);
  EXPECT_EQ(model->vocabulary(), nullptr);
  EXPECT_THROW(model->decoder(), Error);

  const auto rgb = at::randint(0, 256, {3, 64, 64, 3}, at::kByte);
  const auto result = model->run(rgb);
  const c10::InferenceMode inference;
  network->to(at::kHalf);  // as weights are stored
  network->to(at::kFloat);
  const auto pyramid = network->encoder().pyramid(rgb);
  const auto features =
      scale_levels(patch_features(pyramid, config.levels), network->scales(), config.level_channels());
  const auto distances = PatchMemory(network->patches(), config.neighbours).compare(features);
  const auto above = [](const at::Tensor& x) { return at::where(x > 0, at::asinh(x), x); };
  const auto heat = above((smooth_distances(distances.map, 64, config.smoothing) - 0.5) / 0.25);
  EXPECT_EQ(result.output.heat.sizes(), (std::vector<std::int64_t>{3, 1, 16, 16}));
  EXPECT_LT((result.output.heat - heat).abs().max().item<float>(), 0.001F);
  EXPECT_LT((result.anomaly - above((distances.image - 0.75) / 0.125)).abs().max().item<float>(), 0.001F);
}

TEST(PatchMemoryModel, NamesWhatDoesNotFit) {
  const tests::TempFolder folder;
  write_model(folder / "model", tiny_config());
  const auto file = folder / "model/model.safetensors";
  const auto error_of = [&](const TensorMap& weights) -> std::string {
    write_tensors(file, weights, at::kHalf);
    try {
      Model::open(folder / "model");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::model);
      return error.what();
    }
    return "opened";
  };
  const auto good = read_tensors(file);
  auto weights = good;
  weights.erase("memory.patches");
  EXPECT_THAT(error_of(weights), HasSubstr("missing: memory.patches"));
  weights = good;
  weights["memory.patches"] = at::zeros({21, 128});
  EXPECT_THAT(error_of(weights), HasSubstr("wrong shape: memory.patches is [21, 128], expected [20, 128]"));
  weights = good;
  weights["memory.patches"] = at::full({20, 128}, std::numeric_limits<float>::quiet_NaN());
  EXPECT_THAT(error_of(weights), HasSubstr("not a number"));
  EXPECT_EQ(error_of(good), "opened");
}

TEST(PatchMemoryModel, IsMarkedWithAsAnyOther) {
  const tests::TempFolder folder;
  auto config = tiny_config();
  config.finding = "scratch";
  write_model(folder / "model", config);
  const Highlighter highlighter(Model::open(folder / "model"), {.threshold = 0.01});
  std::vector<PreparedImage> images;
  for (int i = 0; i < 3; ++i) {
    Image image{.width = 50 + i, .height = 40, .pixels = {}, .geometry = {}};
    for (int p = 0; p < image.width * image.height * 3; ++p) {
      image.pixels.push_back(static_cast<std::uint8_t>(p * (i + 3) % 251));
    }
    images.push_back(highlighter.prepare(image));
  }
  const auto together = highlighter.find(images);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto& finding = together[i];
    EXPECT_EQ(finding.heat_map.size(), (50 + i) * 40);
    EXPECT_THAT(finding.heat_map, testing::Each(testing::AllOf(testing::Ge(0.0F), testing::Le(1.0F))));
    EXPECT_EQ(finding.label, "scratch");
    for (const auto& region : finding.regions) EXPECT_EQ(region.label, "scratch");
    EXPECT_TRUE(finding.scores.empty());
    EXPECT_FALSE(finding.caption);
    EXPECT_EQ(finding.anomaly_threshold, 0.5);
    ASSERT_TRUE(finding.anomaly_score);
    const auto alone = highlighter.find(std::span(&images[i], 1)).front();
    EXPECT_NEAR(*alone.anomaly_score, *finding.anomaly_score, 1e-4);
    for (std::size_t p = 0; p < finding.heat_map.size(); ++p) {
      ASSERT_NEAR(alone.heat_map[p], finding.heat_map[p], 1e-4);
    }
  }
}

}  // namespace
}  // namespace fovea::nn
