#include "nn/beam_cache.hpp"

#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace fovea::nn {
namespace {

constexpr std::int64_t kHeads = 2, kSize = 3;
constexpr std::size_t kLayers = 2;

/// A cache beside the plain thing: every hypothesis with a list of its own, copied whenever beams are chosen.
class BeamCacheTest : public testing::Test {
 protected:
  void begin(std::int64_t images, std::int64_t prefix) {
    std::vector<KeyValue> shared;
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      shared.push_back(
          {.key = at::randn({images, kHeads, prefix, kSize}), .value = at::randn({images, kHeads, prefix, kSize})});
    }
    cache_ = prefix > 0 ? BeamCache(shared) : BeamCache(kLayers, images);
    plain_.assign(kLayers, {});
    for (std::int64_t image = 0; image < images; ++image) {
      for (std::size_t layer = 0; layer < kLayers; ++layer) {
        plain_[layer].push_back({.key = shared[layer].key[image], .value = shared[layer].value[image]});
      }
    }
  }

  void step() {
    cache_.begin_step();
    const auto images = cache_.images(), rows = cache_.rows_per_image();
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      const KeyValue newest{.key = at::randn({images, kHeads, rows, kSize}),
                            .value = at::randn({images, kHeads, rows, kSize})};
      const auto all = cache_.append(layer, newest);
      const auto query = at::randn({images, kHeads, rows, kSize});
      const auto found = scaled_dot_product(query, all.key, all.value, cache_.mask()).context;
      for (std::int64_t row = 0; row < images * rows; ++row) {
        auto& own = plain_[layer][static_cast<std::size_t>(row)];
        const auto part = [&](const at::Tensor& x) { return x[row / rows].narrow(1, row % rows, 1); };
        own.key = at::cat({own.key, part(newest.key)}, 1);
        own.value = at::cat({own.value, part(newest.value)}, 1);
        const auto expected = scaled_dot_product(part(query), own.key, own.value).context;
        EXPECT_LT((part(found) - expected).abs().max().item<float>(), 1e-5) << "row " << row << ", layer " << layer;
      }
    }
  }

  void select_rows(const std::vector<std::int64_t>& rows, std::int64_t per_image) {
    cache_.select_rows(at::tensor(rows), per_image);
    for (auto& layer : plain_) {
      std::vector<KeyValue> chosen;
      chosen.reserve(rows.size());
      for (const auto row : rows) chosen.push_back(layer[static_cast<std::size_t>(row)]);
      layer = std::move(chosen);
    }
  }

  /// @param rows of the images that stay
  void select_images(const std::vector<std::int64_t>& images, const std::vector<std::int64_t>& rows) {
    cache_.select_images(at::tensor(images));
    for (auto& layer : plain_) {
      std::vector<KeyValue> kept;
      kept.reserve(rows.size());
      for (const auto row : rows) kept.push_back(layer[static_cast<std::size_t>(row)]);
      layer = std::move(kept);
    }
  }

  BeamCache cache_{0, 0};
  std::vector<std::vector<KeyValue>> plain_;  // [layer][row], each [H, T, d]
};

TEST_F(BeamCacheTest, ATreeOfBeamsIsAsEveryHypothesisAlone) {
  for (const std::int64_t prefix : {0, 4}) {
    at::manual_seed(5);
    begin(2, prefix);
    step();
    step();  // a prompt of two tokens, one row per image
    select_rows({0, 0, 0, 1, 1, 1}, 3);
    step();
    select_rows({2, 0, 0, 4, 3, 5}, 3);
    step();
    select_rows({1, 1, 1, 5, 4, 3}, 3);
    step();
    EXPECT_EQ(cache_.length(), 5);
  }
}

TEST_F(BeamCacheTest, ImagesThatAreDoneAreDropped) {
  for (const std::int64_t prefix : {0, 4}) {
    at::manual_seed(6);
    begin(3, prefix);
    select_rows({0, 0, 1, 1, 2, 2}, 2);  // before the first step, too
    step();
    select_images({0, 2}, {0, 1, 4, 5});
    select_rows({1, 1, 2, 3}, 2);
    step();
    select_rows({0, 2}, 1);
    step();
    EXPECT_EQ(cache_.images(), 2);
    EXPECT_EQ(cache_.rows_per_image(), 1);
  }
}

TEST_F(BeamCacheTest, GrowsBeyondItsFirstRoom) {
  begin(1, 0);
  select_rows({0, 0, 0, 0, 0}, 5);
  for (int i = 0; i < 30; ++i) {
    step();
    select_rows({4, 0, 0, 2, 3}, 5);
  }
}

TEST_F(BeamCacheTest, OneRowPerImageNeedsNoMask) {
  begin(2, 4);
  step();
  step();
  EXPECT_FALSE(cache_.mask().defined());
  select_rows({0, 0, 1, 1}, 2);
  step();
  EXPECT_EQ(cache_.mask().sizes(), at::IntArrayRef({2, 1, 2, 8}));
}

}  // namespace
}  // namespace fovea::nn
