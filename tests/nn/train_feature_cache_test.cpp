/// Features of the frozen encoder: computed once, read as they were computed, and never those of something else.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <stop_token>

#include <ATen/Context.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "train/feature_cache.hpp"

namespace fovea::train {
namespace {

std::int64_t files_in(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

class FeatureCacheTest : public testing::Test {
 protected:
  FeatureCacheTest() {
    at::manual_seed(8);
    data_.examples.resize(3);
    data_.pixels = at::randint(256, {3, 64, 64, 3}, at::TensorOptions(at::kByte));
    data_.may_flip = {true, false, true};
    data_.digest = "three images";
    encoder_ = nn::MobileNetV2();
    options_.precision = at::kFloat;
  }

  /// Makes the views; counts how often progress was told, which it is only while features are computed.
  std::vector<FeatureView> make(std::stop_token stop = {}) {
    calls_ = 0;
    return make_feature_views(
        folder_, nn::Encoder(encoder_), data_, options_, [this](double) { ++calls_; }, std::move(stop));
  }

  /// Cached values are what the encoder gives, to the precision of float16.
  static void expect_near(const at::Tensor& cached, const at::Tensor& direct) {
    ASSERT_EQ(cached.sizes(), direct.sizes());
    EXPECT_EQ(cached.scalar_type(), at::kFloat);
    const auto difference = (cached - direct).abs().max().item<double>();
    EXPECT_LT(difference, 1e-3 * direct.abs().max().item<double>());
  }

  nn::GridFeatures encode(const at::Tensor& rgb) { return encoder_(nn::MobileNetV2Impl::normalise(rgb)); }

  c10::AutoGradMode no_grad_{false};
  tests::TempFolder temp_;
  std::filesystem::path folder_ = temp_ / "cache";
  CaptionDataset data_;
  nn::MobileNetV2 encoder_{nullptr};
  FeatureOptions options_;
  int calls_ = 0;
};

TEST_F(FeatureCacheTest, HoldsWhatTheEncoderGives) {
  const auto views = make();
  ASSERT_EQ(views.size(), 1U);
  const auto found = views[0].gather({2, 0});
  const auto direct = encode(data_.pixels);
  ASSERT_EQ(found.size(), 2U);
  expect_near(found.at("fine")[0], direct.fine[2]);
  expect_near(found.at("fine")[1], direct.fine[0]);
  expect_near(found.at("coarse")[0], direct.coarse[2]);
  expect_near(found.at("coarse")[1], direct.coarse[0]);
}

TEST_F(FeatureCacheTest, AugmentedViewsComeAfterThePhotoItself) {
  options_.views = 3;
  const auto views = make();
  ASSERT_EQ(views.size(), 3U);
  expect_near(views[0].gather({0}).at("coarse"), encode(data_.pixels.slice(0, 0, 1)).coarse);
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      EXPECT_FALSE(at::equal(views[a].gather({1}).at("fine"), views[b].gather({1}).at("fine"))) << a << " and " << b;
    }
  }
}

TEST_F(FeatureCacheTest, ThePrefixGoesOnAsTheEncoderWould) {
  options_.prefix_blocks = 10;
  const auto found = make()[0].gather({1, 2});
  ASSERT_EQ(found.size(), 1U);
  const auto rest = encoder_->forward_from(found.at("prefix"), 10);
  const auto direct = encode(data_.pixels.slice(0, 1, 3));
  // float16 in the middle of the network: seven blocks make a little more of its rounding.
  EXPECT_LT((rest.fine - direct.fine).abs().max().item<double>(), 0.01 * direct.fine.abs().max().item<double>());
  EXPECT_LT((rest.coarse - direct.coarse).abs().max().item<double>(), 0.01 * direct.coarse.abs().max().item<double>());
}

TEST_F(FeatureCacheTest, FilesAreUsedAgain) {
  options_.views = 2;
  const auto first = make();
  EXPECT_GT(calls_, 0);
  EXPECT_EQ(files_in(folder_), 2);
  const auto second = make();
  EXPECT_EQ(calls_, 0);
  EXPECT_EQ(files_in(folder_), 2);
  EXPECT_TRUE(at::equal(first[1].gather({0}).at("fine"), second[1].gather({0}).at("fine")));
}

TEST_F(FeatureCacheTest, WhateverChangesTheFeaturesChangesTheFile) {
  options_.views = 2;
  make();
  std::int64_t files = files_in(folder_);
  const auto expect_new = [&](const char* what, int views) {
    make();
    EXPECT_EQ(files_in(folder_) - files, views) << what;
    files = files_in(folder_);
  };
  options_.augment.brightness += 0.1;
  expect_new("augmentation", 1);  // the photo itself is the same
  data_.may_flip[0] = false;
  expect_new("captions that speak of sides", 1);
  options_.precision = at::kBFloat16;
  expect_new("arithmetic", 1);  // every second view is of float32 in any case
  options_.prefix_blocks = 10;
  expect_new("blocks", 2);
  data_.digest = "three other images";
  expect_new("data", 2);
  encoder_->blocks()[10]->parameters().front().add_(1);
  expect_new("weights after the prefix", 0);
  encoder_->blocks()[9]->parameters().front().add_(1);
  expect_new("weights of the prefix", 2);
  options_.prefix_blocks = 0;
  expect_new("blocks again", 2);
  encoder_->parameters().back().add_(1);
  expect_new("weights", 2);
  expect_new("nothing", 0);
}

TEST_F(FeatureCacheTest, ImagesThatMayNotFlipAreNotFlipped) {
  // Without crop and colour a view is the photo or its mirror image; image 1 must not be mirrored in any.
  options_.augment = {.min_crop_area = 1, .max_aspect = 1, .brightness = 0, .contrast = 0, .saturation = 0};
  options_.views = 8;
  const auto views = make();
  const auto of = [&](std::size_t view, std::int64_t image) { return views[view].gather({image}).at("fine"); };
  int flipped = 0;
  for (std::size_t view = 1; view < views.size(); ++view) {
    EXPECT_TRUE(at::equal(of(view, 1), of(0, 1))) << "view " << view;
    flipped += at::equal(of(view, 0), of(0, 0)) ? 0 : 1;
    flipped += at::equal(of(view, 2), of(0, 2)) ? 0 : 1;
  }
  EXPECT_GT(flipped, 0);
}

TEST_F(FeatureCacheTest, StoppedItLeavesNothingHalfDone) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(make(stop.get_token()).empty());
  EXPECT_EQ(files_in(folder_), 0);
}

}  // namespace
}  // namespace fovea::train
