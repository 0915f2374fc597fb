#include "fovea/nn/attention.hpp"

#include <string>

#include <ATen/ops/allclose.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "nn/transformer.hpp"
#include "nn/weights.hpp"

namespace fovea::nn {
namespace {

/// Values of PyTorch's own modules (tests/reference/make_attention_goldens.py).
class AttentionGolden : public testing::Test {
 protected:
  at::Tensor golden(const std::string& name) const { return tensors_.at(name); }

  void load(torch::nn::Module& module, const std::string& prefix) const {
    TensorMap own;
    for (const auto& [name, tensor] : tensors_) {
      if (name.starts_with(prefix)) own.emplace(name.substr(prefix.size()), tensor);
    }
    load_weights(module, own, prefix);
    module.eval();
  }

  static void expect_close(const at::Tensor& found, const at::Tensor& expected) {
    ASSERT_EQ(found.sizes(), expected.sizes());
    EXPECT_LT((found - expected).abs().max().item<float>(), 2e-5);
  }

 private:
  TensorMap tensors_ = read_tensors(std::string(FOVEA_TEST_DATA_DIR) + "/nn/attention.safetensors");
  c10::AutoGradMode no_grad_{false};
};

TEST_F(AttentionGolden, ScaledDotProduct) {
  const auto q = golden("sdp.query"), k = golden("sdp.key"), v = golden("sdp.value");
  expect_close(scaled_dot_product(q, k, v).context, golden("sdp.plain"));
  const auto mask = golden("sdp.mask").to(at::kBool);
  const auto masked = scaled_dot_product(q, k, v, mask, /*want_weights=*/true);
  expect_close(masked.context, golden("sdp.masked"));
  expect_close(masked.weights.sum(-1), at::ones({2, 2, 3}));
  EXPECT_EQ(masked.weights.masked_select(mask.logical_not().expand_as(masked.weights)).abs().max().item<float>(), 0);
}

TEST_F(AttentionGolden, MultiHeadCrossAttention) {
  MultiHeadAttention attention(MultiHeadAttentionOptions{.width = 8, .source_width = 6, .heads = 2});
  load(*attention, "cross.module.");
  const auto out = attention(golden("cross.query"), golden("cross.source"), at::Tensor(), true);
  expect_close(out.context, golden("cross.context"));
  expect_close(out.weights, golden("cross.weights"));
}

TEST_F(AttentionGolden, MultiHeadSelfAttention) {
  MultiHeadAttention attention(MultiHeadAttentionOptions{.width = 8, .heads = 2});
  load(*attention, "self.module.");
  const auto x = golden("self.query");
  const auto out = attention(x, x, at::Tensor(), true);
  expect_close(out.context, golden("self.context"));
  expect_close(out.weights, golden("self.weights"));
}

TEST_F(AttentionGolden, PreNormBlock) {
  SelfAttentionBlock block(TransformerOptions{.width = 8, .heads = 2, .layers = 1, .mlp_ratio = 4});
  load(*block, "block.module.");
  expect_close(block(golden("block.input")).context, golden("block.output"));
}

TEST_F(AttentionGolden, SoftSpatialAttentionWithGate) {
  SoftSpatialAttention attention(8, 6, 7);
  load(*attention, "soft.module.");
  const auto features = golden("soft.features");
  const auto out = attention(golden("soft.state"), attention->project_features(features), features, true);
  expect_close(out.context, golden("soft.context"));
  expect_close(out.weights, golden("soft.weights"));
}

TEST(Attention, AddsToOneAndKeepsToTheMask) {
  const c10::AutoGradMode no_grad(false);
  AdditiveAttention attention(4, 5, 6);
  const auto keys = at::randn({2, 7, 5});
  auto mask = at::ones({2, 1, 7}, at::TensorOptions(at::kBool));
  mask.select(2, 3).fill_(false);
  const auto out = attention(at::randn({2, 3, 4}), attention->project_keys(keys), keys, mask, true);
  EXPECT_TRUE(at::allclose(out.weights.sum(-1), at::ones({2, 3})));
  EXPECT_EQ(out.weights.select(2, 3).abs().max().item<float>(), 0);
}

TEST(Attention, ManyQueriesGetTheSameContextWithAndWithoutWeights) {
  const auto heads = [](std::int64_t tokens) { return at::randn({2, tokens, 3, 8}).transpose(1, 2); };
  const auto query = heads(70), key = heads(90), value = heads(90);
  const auto found = scaled_dot_product(query, key, value).context;
  const auto expected = scaled_dot_product(query, key, value, at::Tensor(), /*want_weights=*/true).context;
  EXPECT_TRUE(at::allclose(found, expected, 1e-5, 1e-6));
}

TEST(Attention, ManyQueriesHaveGradients) {
  const auto query = at::randn({1, 1, 70, 4}).set_requires_grad(true);
  scaled_dot_product(query, query, query).context.sum().backward();
  EXPECT_GT(query.grad().abs().max().item<float>(), 0);
}

TEST(Attention, AFullyMaskedRowIsZeroNotNan) {
  const auto x = at::randn({1, 1, 2, 4});
  const auto out = scaled_dot_product(x, x, x, at::zeros({2, 2}, at::TensorOptions(at::kBool)), true);
  EXPECT_EQ(out.context.abs().max().item<float>(), 0);
  EXPECT_EQ(out.weights.abs().max().item<float>(), 0);
}

TEST(Attention, WeightsAreReturnedOnlyWhenAsked) {
  const auto x = at::randn({1, 1, 2, 4});
  EXPECT_FALSE(scaled_dot_product(x, x, x).weights.defined());
  MultiHeadAttention attention(MultiHeadAttentionOptions{.width = 4, .heads = 2});
  EXPECT_FALSE(attention(x.squeeze(0), x.squeeze(0)).weights.defined());
}

TEST(Attention, RefusesHeadsThatDoNotDivideTheWidth) {
  EXPECT_THROW(MultiHeadAttention(MultiHeadAttentionOptions{.width = 10, .heads = 3}), Error);
  EXPECT_THROW(MultiHeadAttention(MultiHeadAttentionOptions{.width = 10, .heads = 0}), Error);
}

}  // namespace
}  // namespace fovea::nn
