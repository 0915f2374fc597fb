/// Both decoders keep the promises of the interface in nn/caption_decoder.hpp.
#include "nn/caption_decoder.hpp"

#include <memory>
#include <string>

#include <ATen/Context.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "nn/lstm_decoder.hpp"
#include "nn/transformer_decoder.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kVocabulary = 11, kWidth = 8, kImages = 3, kCaptions = 2, kLength = 5;

class CaptionDecoderTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    at::manual_seed(3);
    if (GetParam() == "lstm") {
      decoder_ = LstmDecoder(LstmDecoderOptions{.vocabulary_size = kVocabulary,
                                                .feature_size = kWidth,
                                                .embedding_size = 6,
                                                .state_size = 10,
                                                .attention_size = 7})
                     .ptr();
    } else {
      decoder_ =
          TransformerDecoder(TransformerDecoderOptions{.vocabulary_size = kVocabulary,
                                                       .max_positions = 8,
                                                       .transformer = {.width = kWidth, .heads = 2, .layers = 2}})
              .ptr();
    }
    decoder_->eval();
    // Larger weights than at the start of training, so that a mistake shows.
    for (auto& parameter : decoder_->parameters()) parameter.add_(at::randn_like(parameter) * 0.3);
    memory_ = {.tokens = at::randn({kImages, 6, kWidth}), .grid_height = 2, .grid_width = 3};
    tokens_ = at::randint(1, kVocabulary, {kImages, kCaptions, kLength}, at::TensorOptions(at::kLong));
  }

  c10::AutoGradMode no_grad_{false};
  std::shared_ptr<CaptionDecoder> decoder_;
  ImageMemory memory_;
  at::Tensor tokens_;
};

float difference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<float>(); }

TEST_P(CaptionDecoderTest, StepsEqualTeacherForcing) {
  const auto expected = decoder_->forward(memory_, tokens_, false).logits;
  ASSERT_EQ(expected.sizes(), at::IntArrayRef({kImages, kCaptions, kLength, kVocabulary}));
  auto state = decoder_->start(memory_);
  state->select_rows(at::arange(kImages).repeat_interleave(kCaptions), kCaptions);
  for (std::int64_t t = 0; t < kLength; ++t) {
    const auto logits = decoder_->step(*state, tokens_.select(2, t).flatten());
    EXPECT_LT(difference(logits, expected.select(2, t).flatten(0, 1)), 1e-4) << "step " << t;
  }
}

TEST_P(CaptionDecoderTest, ReorderedRowsGoOnAsTheHypothesesTheyWere) {
  auto state = decoder_->start(memory_);
  state->select_rows(at::arange(kImages).repeat_interleave(kCaptions), kCaptions);
  for (std::int64_t t = 0; t < 3; ++t) decoder_->step(*state, tokens_.select(2, t).flatten());
  // Of every image the second hypothesis twice, then image 0 and 2 alone.
  state->select_rows(at::tensor({1, 1, 3, 3, 5, 5}, at::TensorOptions(at::kLong)), kCaptions);
  state->select_images(at::tensor({0, 2}, at::TensorOptions(at::kLong)));
  const auto next = tokens_.select(2, 3);
  const auto fed = at::tensor({next[0][1].item<std::int64_t>(), next[0][1].item<std::int64_t>(),
                               next[2][1].item<std::int64_t>(), next[2][1].item<std::int64_t>()},
                              at::TensorOptions(at::kLong));
  const auto logits = decoder_->step(*state, fed);
  const auto expected = decoder_->forward(memory_, tokens_, false).logits.select(2, 3);
  EXPECT_LT(difference(logits[0], expected[0][1]), 1e-4);
  EXPECT_LT(difference(logits[1], expected[0][1]), 1e-4);
  EXPECT_LT(difference(logits[3], expected[2][1]), 1e-4);
}

TEST_P(CaptionDecoderTest, AttentionOfEveryWordSumsToOne) {
  const auto attention = decoder_->forward(memory_, tokens_, true).attention;
  const std::int64_t layers = GetParam() == "lstm" ? 1 : 2, heads = layers;
  ASSERT_EQ(attention.sizes(), at::IntArrayRef({kImages, kCaptions, layers, heads, kLength, 6}));
  EXPECT_LT((attention.sum(-1) - 1).abs().max().item<float>(), 1e-5);
}

TEST_P(CaptionDecoderTest, LaterWordsDoNotChangeEarlierLogits) {
  const auto before = decoder_->forward(memory_, tokens_, false).logits;
  auto changed = tokens_.clone();
  changed.select(2, kLength - 1).fill_(4);
  const auto after = decoder_->forward(memory_, changed, false).logits;
  EXPECT_EQ(difference(before.slice(2, 0, kLength - 1), after.slice(2, 0, kLength - 1)), 0);
}

INSTANTIATE_TEST_SUITE_P(Decoders, CaptionDecoderTest, testing::Values("transformer", "lstm"),
                         [](const auto& param) { return param.param; });

TEST(TransformerDecoder, RefusesCaptionsBeyondItsPositions) {
  TransformerDecoder decoder(TransformerDecoderOptions{
      .vocabulary_size = 11, .max_positions = 3, .transformer = {.width = 8, .heads = 2, .layers = 1}});
  const ImageMemory memory{.tokens = at::randn({1, 4, 8}), .grid_height = 2, .grid_width = 2};
  EXPECT_THROW(decoder->forward(memory, at::randint(1, 11, {1, 1, 4}, at::TensorOptions(at::kLong)), false), Error);
}

}  // namespace
}  // namespace fovea::nn
