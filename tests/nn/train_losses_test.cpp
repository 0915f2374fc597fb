/// The losses of caption training against their formulas, worked out by hand.
#include <cmath>
#include <cstdint>
#include <vector>

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "text/vocabulary.hpp"
#include "train/losses.hpp"

namespace fovea::train {
namespace {

using metrics::TokenIds;
using text::Vocabulary;
constexpr auto kPad = Vocabulary::kPad, kBegin = Vocabulary::kBegin, kEnd = Vocabulary::kEnd;

/// int64 [1, captions, T]
at::Tensor captions_of_one_image(const std::vector<std::vector<std::int64_t>>& captions) {
  std::vector<std::int64_t> flat;
  for (const auto& caption : captions) flat.insert(flat.end(), caption.begin(), caption.end());
  const auto count = static_cast<std::int64_t>(captions.size());
  return at::tensor(flat, at::TensorOptions(at::kLong)).view({1, count, -1});
}

TEST(CaptionCrossEntropy, EqualsItsFormulaAndLeavesPaddingOut) {
  at::manual_seed(4);
  constexpr std::int64_t kVocabulary = 7;
  constexpr double kSmoothing = 0.2;
  const auto tokens = captions_of_one_image({{kBegin, 5, 4, kEnd}, {kBegin, 6, kEnd, kPad}});
  const auto logits = at::randn({1, 2, 3, kVocabulary});

  double sum = 0;
  int words = 0;
  for (std::int64_t c = 0; c < 2; ++c) {
    for (std::int64_t t = 0; t < 3; ++t) {
      const auto target = tokens[0][c][t + 1].item<std::int64_t>();
      if (target == kPad) continue;
      double total = 0, mean = 0;
      for (std::int64_t v = 0; v < kVocabulary; ++v) total += std::exp(logits[0][c][t][v].item<double>());
      const auto loss_of = [&](std::int64_t v) { return std::log(total) - logits[0][c][t][v].item<double>(); };
      for (std::int64_t v = 0; v < kVocabulary; ++v) mean += loss_of(v) / kVocabulary;
      sum += (1 - kSmoothing) * loss_of(target) + kSmoothing * mean;
      ++words;
    }
  }
  ASSERT_EQ(words, 5);
  EXPECT_NEAR(caption_cross_entropy(logits, tokens, kSmoothing).item<double>(), sum / words, 1e-5);

  auto other = logits.clone();
  other[0][1][2] += 3;  // predicts the padding
  EXPECT_EQ(caption_cross_entropy(other, tokens, kSmoothing).item<double>(),
            caption_cross_entropy(logits, tokens, kSmoothing).item<double>());
}

TEST(DistillationLoss, EqualsItsFormulaAndLeavesPaddingOut) {
  at::manual_seed(5);
  constexpr std::int64_t kVocabulary = 6;
  const auto tokens = captions_of_one_image({{kBegin, 5, 4, kEnd}, {kBegin, 5, kEnd, kPad}});
  const auto logits = at::randn({1, 2, 3, kVocabulary});
  const auto teacher = at::softmax(at::randn({1, 2, 3, kVocabulary}), -1);

  double sum = 0;
  for (std::int64_t c = 0; c < 2; ++c) {
    for (std::int64_t t = 0; t < 3 - c; ++t) {
      double total = 0;
      for (std::int64_t v = 0; v < kVocabulary; ++v) total += std::exp(logits[0][c][t][v].item<double>());
      for (std::int64_t v = 0; v < kVocabulary; ++v) {
        sum -= teacher[0][c][t][v].item<double>() * (logits[0][c][t][v].item<double>() - std::log(total));
      }
    }
  }
  EXPECT_NEAR(distillation_loss(logits, teacher, tokens).item<double>(), sum / 5, 1e-5);

  auto other = logits.clone();
  other[0][1][2] += at::randn({kVocabulary});  // predicts the padding
  EXPECT_EQ(distillation_loss(other, teacher, tokens).item<double>(),
            distillation_loss(logits, teacher, tokens).item<double>());
}

TEST(DoublyStochasticPenalty, EqualsItsFormulaAndLeavesPaddingOut) {
  // One caption of two tokens and padding over two positions: (1 - 0.9 - 0.4)^2 and (1 - 0.1 - 0.6)^2.
  const auto tokens = captions_of_one_image({{kBegin, 5, kEnd, kPad}});
  const auto attention = at::tensor({0.9F, 0.1F, 0.4F, 0.6F, 0.3F, 0.7F}).view({1, 1, 1, 1, 3, 2});
  EXPECT_NEAR(doubly_stochastic_penalty(attention, tokens).item<double>(), (0.3 * 0.3 + 0.3 * 0.3) / 2, 1e-6);
  // As much attention for every position as there is: nothing to mend.
  const auto even = captions_of_one_image({{kBegin, 5, kEnd}});
  EXPECT_NEAR(doubly_stochastic_penalty(at::ones({1, 1, 2, 4, 2, 2}) / 2, even).item<double>(), 0, 1e-12);
}

class CaptionRewardTest : public testing::Test {
 protected:
  // "a red square on a white ground", and images of other things, whose words are thus rare or common.
  const std::vector<std::vector<TokenIds>> references_{{{4, 5, 6, 7, 4, 8, 9, kEnd}, {4, 5, 6, kEnd}},
                                                       {{4, 10, 11, 7, 4, 12, 9, kEnd}},
                                                       {{13, 4, 11, 12, 12, kEnd}},
                                                       {{14, 15, 13, kEnd}}};
  CaptionReward reward_{references_, {4, 7}};  // "a" and "on"
};

TEST_F(CaptionRewardTest, CaptionsThatBreakOffAreWorthLess) {
  const auto rewards = reward_({0}, captions_of_one_image({
                                        {kBegin, 4, 5, 6, 7, 4, 8, 9, kEnd},        // a reference
                                        {kBegin, 4, 5, 6, 7, 4, 8, 9, kPad},        // the same, cut at max_length
                                        {kBegin, 4, 5, 6, 7, 4, kEnd, kPad, kPad},  // "a red square on a."
                                        {kBegin, 4, 10, 11, 7, 4, 12, 9, kEnd},     // another image's
                                        {kBegin, kEnd, kPad, kPad, kPad, kPad, kPad, kPad, kPad},  // nothing
                                        {kBegin, 4, 5, 6, 7, kPad, kPad, kPad, kPad}  // cut, which is no ending
                                    }));
  ASSERT_EQ(rewards.sizes(), at::IntArrayRef({1, 6}));
  const auto of = [&](std::int64_t i) { return rewards[0][i].item<double>(); };
  EXPECT_GT(of(0), of(1) + 0.1);
  EXPECT_GT(of(0), of(2) + 0.5);
  EXPECT_EQ(of(2), 0);
  EXPECT_GT(of(3), 0);
  EXPECT_GT(of(0), 3);
  EXPECT_GE(of(4), 0);
  EXPECT_LT(of(4), of(0));
  EXPECT_GT(of(5), 0);
}

TEST_F(CaptionRewardTest, IsCiderDOverWordsAndEnd) {
  const metrics::CiderD cider(references_);
  const CaptionReward reward(references_, {});
  const auto rewards =
      reward({2, 0}, at::tensor({kBegin, std::int64_t{13}, std::int64_t{4}, kEnd, kPad,             // image 2
                                 kBegin, std::int64_t{4}, std::int64_t{5}, std::int64_t{6}, kEnd},  // image 0
                                at::TensorOptions(at::kLong))
                         .view({2, 1, 5}));
  ASSERT_EQ(rewards.sizes(), at::IntArrayRef({2, 1}));
  EXPECT_FLOAT_EQ(rewards[0][0].item<float>(), static_cast<float>(cider.score(2, TokenIds{13, 4, kEnd})));
  EXPECT_FLOAT_EQ(rewards[1][0].item<float>(), static_cast<float>(cider.score(0, TokenIds{4, 5, 6, kEnd})));
}

TEST(SelfCriticalLoss, WeighsEachSampleByItsLeadOverTheOthers) {
  at::manual_seed(6);
  const auto samples = captions_of_one_image({{kBegin, 4, kEnd}, {kBegin, 5, kEnd}, {kBegin, kEnd, kPad}});
  const auto rewards = at::tensor({3.F, 1.F, 2.F}).view({1, 3});
  const auto logits = at::randn({1, 3, 2, 6}).requires_grad_();
  const auto loss = self_critical_loss(logits, samples, rewards);

  // Leads over the mean of the other two: 3 - 1.5, 1 - 2.5, 2 - 2. Five tokens are not padding.
  const auto log_probs = logits.detach().log_softmax(-1);
  const auto of = [&](std::int64_t c, std::int64_t t) {
    return log_probs[0][c][t][samples[0][c][t + 1].item<std::int64_t>()].item<double>();
  };
  EXPECT_NEAR(loss.item<double>(), -(1.5 * (of(0, 0) + of(0, 1)) - 1.5 * (of(1, 0) + of(1, 1)) + 0 * of(2, 0)) / 5,
              1e-5);

  loss.backward();
  const auto& gradient = logits.grad();
  EXPECT_LT(gradient[0][0][0][4].item<double>(), 0);  // a step against the gradient makes the better one likelier
  EXPECT_GT(gradient[0][1][0][5].item<double>(), 0);  // and the worse one less likely
  EXPECT_EQ(gradient[0][2].abs().sum().item<double>(), 0);
}

TEST(SelfCriticalLoss, EqualRewardsTeachNothing) {
  const auto samples = captions_of_one_image({{kBegin, 4, kEnd}, {kBegin, 5, kEnd}});
  const auto logits = at::randn({1, 2, 2, 6}).requires_grad_();
  const auto loss = self_critical_loss(logits, samples, at::tensor({2.F, 2.F}).view({1, 2}));
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_EQ(logits.grad().abs().sum().item<double>(), 0);
}

}  // namespace
}  // namespace fovea::train
