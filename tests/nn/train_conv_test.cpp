#include "nn/train_conv.hpp"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "nn/cnn_support.hpp"
#include "train/autocast.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kChannels = 12;

struct Case {
  std::int64_t kernel, stride;
};

/// What plain float32 makes of the same.
at::Tensor plain_conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Case& c) {
  const auto padding = c.kernel / 2;
  return at::conv2d(x, weight, bias, {c.stride, c.stride}, {padding, padding}, {1, 1}, kChannels);
}

TEST(TrainConv, SlowGradientsAreComputedInFloat32) {
  for (const auto& c : {Case{5, 1}, Case{3, 2}, Case{5, 2}}) {
    SCOPED_TRACE(testing::Message() << "kernel " << c.kernel << ", stride " << c.stride);
    const auto pixels = at::randn({2, kChannels, 16, 16}).to(at::kBFloat16);  // as the layer before it leaves them
    const auto start = at::randn({kChannels, 1, c.kernel, c.kernel});
    const auto zero = at::randn({kChannels});
    const auto x = pixels.clone().requires_grad_(), weight = start.clone().requires_grad_();
    const auto bias = zero.clone().requires_grad_();
    at::Tensor y;
    {
      const train::AutocastGuard autocast(true);
      y = train_conv2d(x, weight, bias,
                       {.stride = c.stride, .padding = {c.kernel / 2, c.kernel / 2}, .groups = kChannels});
    }
    EXPECT_EQ(y.scalar_type(), at::kBFloat16);
    y.backward(at::ones_like(y));
    const auto x32 = pixels.to(at::kFloat).requires_grad_(), weight32 = start.clone().requires_grad_();
    const auto bias32 = zero.clone().requires_grad_();
    const auto expected = plain_conv2d(x32, weight32, bias32, c);
    expected.backward(at::ones_like(expected));
    EXPECT_TRUE(tests::agrees(y.to(at::kFloat), expected, 0.05));
    // Nearer than bfloat16, which has two to three digits, could come.
    EXPECT_TRUE(tests::agrees(weight.grad(), weight32.grad(), 1e-4));
    EXPECT_TRUE(tests::agrees(bias.grad(), bias32.grad(), 1e-4));
    EXPECT_TRUE(tests::agrees(x.grad().to(at::kFloat), x32.grad(), 0.1));
  }
}

TEST(TrainConv, ElsewhereAutocastChooses) {
  struct Row {
    const char* what;
    Case geometry;
    bool gradients, trained;
    std::int64_t groups = kChannels;
  };
  for (const auto& [what, c, gradients, trained, groups] :
       {Row{"inference", {5, 2}, false, true}, Row{"frozen, and nothing before it is trained", {5, 2}, true, false},
        Row{"3x3 without strides", {3, 1}, true, true}, Row{"dense", {3, 2}, true, true, 1}}) {
    SCOPED_TRACE(what);
    const auto padding = c.kernel / 2;
    const auto x = at::randn({1, kChannels, 16, 16}).to(at::kBFloat16), bias = at::randn({kChannels});
    const auto weight = at::randn({kChannels, kChannels / groups, c.kernel, c.kernel}).set_requires_grad(trained);
    const c10::AutoGradMode mode(gradients);
    const train::AutocastGuard autocast(true);
    const auto y = train_conv2d(x, weight, bias, {.stride = c.stride, .padding = {padding, padding}, .groups = groups});
    const auto expected = at::conv2d(x, weight, bias, {c.stride, c.stride}, {padding, padding}, {1, 1}, groups);
    EXPECT_TRUE(y.equal(expected));
  }
}

}  // namespace
}  // namespace fovea::nn
