/// Data, augmentation and calibration of highlighting models.
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "io/image_writer.hpp"
#include "train/highlight_calibration.hpp"
#include "train/highlight_losses.hpp"
#include "train/scan_augment.hpp"
#include "train/scan_dataset.hpp"

namespace fovea::train {
namespace {

using testing::HasSubstr;

Image plain(int width, int height, std::uint8_t level) {
  Image image{.width = width, .height = height, .pixels = {}, .geometry = {}};
  image.pixels.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, level);
  return image;
}

TEST(ScanDataset, RefusesMasksAndLabelsThatDoNotFit) {
  const tests::TempFolder folder;
  io::write_png(folder / "a.png", plain(40, 30, 10));
  io::write_png(folder / "mask.png", plain(30, 40, 255));
  const auto refusal = [](const text::ScanExample& example) -> std::string {
    try {
      load_scan_dataset({example}, {"normal", "benign"}, 64, false, 1);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refusal({.image = folder / "a.png", .mask = folder / "mask.png", .label = "benign", .group = {}}),
              HasSubstr("30 x 40 pixels, expected the 40 x 30"));
  EXPECT_THAT(refusal({.image = folder / "a.png", .mask = {}, .label = "odd", .group = {}}), HasSubstr("'odd'"));
  EXPECT_EQ(refusal({.image = folder / "a.png", .mask = {}, .label = "normal", .group = {}}), "accepted");
}

TEST(ScanDataset, SquashesImagesAndKeepsMasksAsStored) {
  const tests::TempFolder folder;
  io::write_png(folder / "a.png", plain(128, 64, 10));
  auto mask = plain(128, 64, 0);
  for (std::size_t y = 0; y < 64; ++y) {
    for (std::size_t x = 0; x < 192; ++x) mask.pixels[y * 384 + x] = 255;
  }
  io::write_png(folder / "mask.png", mask);
  const auto data = load_scan_dataset(
      {{.image = folder / "a.png", .mask = folder / "mask.png", .label = {}, .group = {}}}, {}, 32, false, 1);
  EXPECT_EQ(data.masks.sum().item<int>(), 32 * 16);
  EXPECT_EQ(data.masks[0][5][15].item<int>(), 1);
  EXPECT_EQ(data.masks[0][5][16].item<int>(), 0);
  EXPECT_EQ(data.stored[0].width, 128);
  EXPECT_EQ(data.labels[0], -1);
}

TEST(ScanDataset, FoldsKeepGroupsWholeAndLabelsEven) {
  std::vector<text::ScanExample> examples;
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    const auto group = std::to_string(random() % 120);
    examples.push_back({.image = std::to_string(i), .mask = {}, .label = {}, .group = group});
    examples.back().label = std::stoi(group) % 3 == 0 ? "normal" : "benign";
  }
  const auto parts = split_by_group(examples, 5, 1);
  EXPECT_EQ(parts, split_by_group(examples, 5, 1));
  EXPECT_NE(parts, split_by_group(examples, 5, 2));
  std::map<std::string, std::set<int>> parts_of_group;
  std::map<std::pair<int, std::string>, int> counts;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    parts_of_group[examples[i].group].insert(parts[i]);
    ++counts[{parts[i], examples[i].label}];
  }
  for (const auto& [group, own] : parts_of_group) EXPECT_EQ(own.size(), 1U) << group;
  for (int part = 0; part < 5; ++part) {
    EXPECT_NEAR((counts[{part, "normal"}]), (counts[{0, "normal"}]), 3);
    EXPECT_NEAR((counts[{part, "benign"}]), (counts[{0, "benign"}]), 3);
  }
}

TEST(ScanAugment, MaskAndPixelsMoveTogether) {
  // White exactly where it is marked: after any change of the shape, bright is still what is marked.
  ScanSample sample{at::zeros({96, 96, 3}, at::kByte), at::zeros({96, 96}, at::kByte)};
  sample.rgb.slice(0, 30, 60).slice(1, 20, 70).fill_(255);
  sample.mask.slice(0, 30, 60).slice(1, 20, 70).fill_(1);
  ScanAugmentOptions shape;
  shape.flip_vertical = true;
  shape.rotate = 180;
  shape.brightness = shape.contrast = shape.gamma = shape.blur = shape.noise = 0;
  std::mt19937_64 random(5);
  for (int i = 0; i < 20; ++i) {
    const auto changed = augment_scan(sample, shape, random);
    const auto bright = (changed.rgb.select(2, 0) > 127).to(at::kInt);
    const auto differing = (bright - changed.mask.to(at::kInt)).abs().sum().item<int>();
    EXPECT_LT(differing, 0.12 * sample.mask.sum().item<double>()) << i;
    EXPECT_FALSE(changed.rgb.equal(sample.rgb));
  }
}

TEST(ScanAugment, IsTheSameForTheSameSeed) {
  const ScanSample sample{at::full({64, 64, 3}, 120, at::kByte), at::zeros({64, 64}, at::kByte)};
  ScanAugmentOptions all;
  all.speckle = 0.3;
  all.specular = 10;
  all.frame = 0.5;
  all.hue = 30;
  all.saturation = 0.5;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    std::mt19937_64 a(seed), b(seed);
    EXPECT_TRUE(augment_scan(sample, all, a).rgb.equal(augment_scan(sample, all, b).rgb));
  }
}

TEST(ScanAugment, CutMixTakesPixelsAndMaskOfOneRectangleFromTheOther) {
  const ScanSample dark{at::zeros({64, 64, 3}, at::kByte), at::zeros({64, 64}, at::kByte)};
  const ScanSample bright{at::full({64, 64, 3}, 255, at::kByte), at::full({64, 64}, 1, at::kByte)};
  std::mt19937_64 random(1);
  std::set<std::int64_t> areas;
  for (int i = 0; i < 20; ++i) {
    const auto mixed = cut_mix(dark, bright, random);
    EXPECT_TRUE((mixed.rgb.select(2, 0) == mixed.mask * 255).all().item<bool>());
    const auto area = mixed.mask.sum().item<std::int64_t>();
    EXPECT_GT(area, 0.15 * 64 * 64);
    EXPECT_LT(area, 0.55 * 64 * 64);
    const auto rows = mixed.mask.sum(1).count_nonzero().item<std::int64_t>();
    EXPECT_EQ(area, rows * mixed.mask.sum(0).count_nonzero().item<std::int64_t>()) << "one rectangle";
    areas.insert(area);
  }
  EXPECT_GT(areas.size(), 5U);
  EXPECT_EQ(dark.mask.sum().item<int>(), 0) << "the originals stay";
}

TEST(HighlightLosses, AreZeroForThePerfectAnswerAndLargeForTheWrongOne) {
  auto masks = at::zeros({2, 8, 8}, at::kByte);
  masks[0].slice(0, 0, 4).fill_(1);
  const auto right = (masks.to(at::kFloat) * 2 - 1).unsqueeze(1) * 20;
  const auto good = mask_loss(right, masks), bad = mask_loss(-right, masks);
  EXPECT_LT(good.cross_entropy.item<float>(), 1e-4);
  EXPECT_LT(good.dice.item<float>(), 1e-3);
  EXPECT_GT(bad.cross_entropy.item<float>(), 10);
  EXPECT_GT(bad.dice.item<float>(), 0.9);
  // Of an image without a lesion only the cross-entropy speaks.
  EXPECT_EQ(mask_loss(right.slice(0, 1, 2), masks.slice(0, 1, 2)).dice.item<float>(), 0);

  const auto weights = at::tensor({1.0F, 1.0F}), logits = at::tensor({5.0F, -5.0F}).unsqueeze(0);
  EXPECT_LT(label_loss(logits, at::tensor({0}, at::kLong), weights, 0).item<float>(), 1e-3);
  EXPECT_GT(label_loss(logits, at::tensor({1}, at::kLong), weights, 0).item<float>(), 9);
  EXPECT_EQ(label_loss(logits, at::tensor({-1}, at::kLong), weights, 0).item<float>(), 0);
}

/// Images of 10 x 10 with a marked left half; the network's logits are given.
struct Answers {
  ScanDataset data;
  ScanPredictions predictions;
};

Answers answers(float inside, float ring, float outside) {
  Answers a;
  for (int i = 0; i < 4; ++i) {
    StoredMask mask{.width = 10, .height = 10, .pixels = std::vector<std::uint8_t>(100, 0)};
    auto heat = at::full({10, 10}, outside);
    if (i < 2) {
      for (std::size_t y = 0; y < 10; ++y) {
        for (std::size_t x = 0; x < 5; ++x) mask.pixels[y * 10 + x] = 1;
      }
      heat.slice(1, 0, 5).fill_(inside);
      heat.slice(1, 5, 7).fill_(ring);
    }
    a.data.stored.push_back(mask);
    a.data.labels.push_back(i < 2 ? 1 : 0);
    a.data.examples.emplace_back();
    a.predictions.heat.push_back(heat);
  }
  return a;
}

TEST(Calibration, TheThresholdSeparatesWhatCanBeSeparated) {
  // The border is over one half too: the best threshold lies above it.
  const auto a = answers(3.0F, 0.5F, -3.0F);
  nn::HighlightConfig config;
  const auto found = calibrate(a.predictions, a.data, config);
  EXPECT_GT(found.threshold, 0.5);
  const auto logit = std::log(found.threshold / (1 - found.threshold)) * found.pixel_temperature;
  EXPECT_GT(logit, 0.5);
  EXPECT_LT(logit, 3.0);
  EXPECT_NEAR(score(a.predictions, a.data, config).dice, 2 * 50.0 / (50 + 70), 1e-6);
}

TEST(Calibration, TemperaturesTakeBackOverconfidence) {
  auto a = answers(2.0F, 2.0F, -2.0F);
  nn::HighlightConfig config;
  config.labels = {"normal", "benign"};
  config.normal = "normal";
  // Two of four labels wrong at great confidence, two right: nothing is known.
  a.predictions.labels = at::tensor({8.0F, -8.0F, -8.0F, 8.0F, 8.0F, -8.0F, -8.0F, 8.0F}).view({4, 2});
  const auto found = calibrate(a.predictions, a.data, config);
  EXPECT_GT(found.label_temperature, 10);
  a.predictions.labels = at::tensor({-1.0F, 1.0F, -1.0F, 1.0F, 1.0F, -1.0F, 1.0F, -1.0F}).view({4, 2});
  const auto sure = calibrate(a.predictions, a.data, config);
  EXPECT_LT(sure.label_temperature, 0.2) << "always right, so that it may be surer";
  EXPECT_NEAR(score(a.predictions, a.data, config).anomaly_auroc, 1, 1e-9);
}

}  // namespace
}  // namespace fovea::train
