// The searches on the real decoders, small and with random weights: caches, reordering and dropping of images must
// give what teacher forcing gives.
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "decode/beam_search.hpp"
#include "decode/caption_attention.hpp"
#include "decode/sampling.hpp"
#include "nn/lstm_decoder.hpp"
#include "nn/transformer_decoder.hpp"
#include "text/vocabulary.hpp"

namespace fovea::decode {
namespace {

using text::Vocabulary;

constexpr std::int64_t kVocabulary = 40;
constexpr std::int64_t kWidth = 32;

std::shared_ptr<nn::CaptionDecoder> transformer() {
  return nn::TransformerDecoder(
             nn::TransformerDecoderOptions{.vocabulary_size = kVocabulary,
                                           .max_positions = 16,
                                           .transformer = {.width = kWidth, .heads = 4, .layers = 2, .mlp_ratio = 2}})
      .ptr();
}

std::shared_ptr<nn::CaptionDecoder> lstm() {
  return nn::LstmDecoder(nn::LstmDecoderOptions{.vocabulary_size = kVocabulary,
                                                .feature_size = kWidth,
                                                .embedding_size = 24,
                                                .state_size = 48,
                                                .attention_size = 16})
      .ptr();
}

struct Family {
  const char* name;
  std::shared_ptr<nn::CaptionDecoder> (*make)();
  int layers;
  int heads;
};

class DecodeNetworks : public testing::TestWithParam<Family> {
 protected:
  DecodeNetworks() {
    at::manual_seed(11);
    decoder_ = GetParam().make();
    decoder_->eval();
    const at::NoGradGuard no_grad;
    // Weights as they are at the start of training would make all words nearly equally likely: searches among ties.
    for (auto& parameter : decoder_->parameters()) parameter.mul_(parameter.size(0) == kVocabulary ? 12 : 1.6);
    memory_ = {at::randn({9, 6, kWidth}), 2, 3};
    options_.max_length = 12;
    options_.min_length = 2;
  }

  nn::ImageMemory image(std::int64_t index) const { return {memory_.tokens.narrow(0, index, 1), 2, 3}; }

  /// log_probs of the caption's tokens by teacher forcing.
  std::vector<float> teacher_forced(const TokenHypothesis& caption, std::int64_t index) {
    const at::NoGradGuard no_grad;
    std::vector<std::int64_t> input{Vocabulary::kBegin};
    input.insert(input.end(), caption.tokens.begin(), caption.tokens.end() - 1);
    const auto tokens = at::tensor(input).view({1, 1, -1});
    const auto log_probs = at::log_softmax(decoder_->forward(image(index), tokens, false).logits, -1);
    std::vector<float> result;
    for (std::size_t t = 0; t < caption.tokens.size(); ++t) {
      result.push_back(log_probs[0][0][static_cast<std::int64_t>(t)][caption.tokens[t]].item<float>());
    }
    return result;
  }

  void expect_teacher_forced(const TokenHypothesis& caption, std::int64_t index) {
    const auto expected = teacher_forced(caption, index);
    for (std::size_t t = 0; t < expected.size(); ++t) {
      EXPECT_NEAR(caption.log_probs[t], expected[t], 2e-4) << "image " << index << ", token " << t;
    }
  }

  std::shared_ptr<nn::CaptionDecoder> decoder_;
  nn::ImageMemory memory_;
  CaptionOptions options_;
};

TEST_P(DecodeNetworks, BeamSearchAgreesWithTeacherForcing) {
  options_.beam = 4;
  options_.top = 4;
  const auto found = beam_search(*decoder_, memory_, options_);
  std::set<std::vector<std::int64_t>> distinct;
  for (std::size_t i = 0; i < found.size(); ++i) {
    distinct.insert(found[i].front().tokens);
    for (const auto& caption : found[i]) expect_teacher_forced(caption, static_cast<std::int64_t>(i));
  }
  EXPECT_GT(distinct.size(), 4U) << "the images do not matter: this test would prove nothing";
}

TEST_P(DecodeNetworks, OneBeamTakesTheLikeliestWordOfTeacherForcing) {
  const at::NoGradGuard no_grad;
  options_.beam = 1;
  options_.min_length = 0;
  options_.no_repeat_ngram = 0;
  const auto found = beam_search(*decoder_, memory_, options_);
  for (std::int64_t index = 0; index < 9; ++index) {
    std::vector<std::int64_t> input{Vocabulary::kBegin};
    const auto& tokens = found[static_cast<std::size_t>(index)].front().tokens;
    for (const auto token : tokens) {
      const auto teacher = at::tensor(input).view({1, 1, -1});
      auto next = decoder_->forward(image(index), teacher, false).logits[0][0][-1];
      for (const auto id : {Vocabulary::kPad, Vocabulary::kBegin, Vocabulary::kUnknown}) next[id] = -1e9;
      EXPECT_EQ(token, next.argmax().item<std::int64_t>());
      input.push_back(token);
    }
  }
}

TEST_P(DecodeNetworks, BatchEqualsSingle) {
  for (const bool sampled : {false, true}) {
    options_.sample = sampled;
    options_.beam = sampled ? 1 : 3;
    options_.top = 3;
    const auto run = [&](const nn::ImageMemory& memory) {
      return sampled ? sample(*decoder_, memory, options_) : beam_search(*decoder_, memory, options_);
    };
    const auto batch = run(memory_);
    for (std::int64_t index = 0; index < 9; ++index) {
      const auto single = run(image(index)).front();
      const auto& of_batch = batch[static_cast<std::size_t>(index)];
      ASSERT_EQ(single.size(), of_batch.size());
      for (std::size_t i = 0; i < single.size(); ++i) EXPECT_EQ(single[i].tokens, of_batch[i].tokens);
    }
  }
}

TEST_P(DecodeNetworks, SamplesAgreeWithTeacherForcing) {
  options_.sample = true;
  options_.beam = 1;
  options_.top = 5;
  options_.temperature = 1.5;
  options_.top_k = 20;
  const auto drawn = sample(*decoder_, memory_, options_);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    for (const auto& caption : drawn[i]) expect_teacher_forced(caption, static_cast<std::int64_t>(i));
  }
}

TEST_P(DecodeNetworks, SampledTokensFeedTeacherForcingWithGradients) {
  const auto tokens = sample_many(*decoder_, memory_, 4, 12, 1, 5);
  const auto out = decoder_->forward(memory_, tokens.slice(2, 0, -1), false);
  at::log_softmax(out.logits, -1).gather(-1, tokens.slice(2, 1).unsqueeze(-1)).sum().backward();
  EXPECT_TRUE(decoder_->parameters().front().grad().defined());
}

TEST_P(DecodeNetworks, AttentionOfTheCaptionsFound) {
  const at::NoGradGuard no_grad;
  options_.top = 2;
  const auto found = beam_search(*decoder_, memory_, options_);
  const auto maps = attention_maps(*decoder_, memory_, found);
  ASSERT_EQ(maps.size(), 9U);
  for (std::int64_t index = 0; index < 9; ++index) {
    const auto& captions = found[static_cast<std::size_t>(index)];
    ASSERT_EQ(maps[static_cast<std::size_t>(index)].size(), captions.size());
    for (std::size_t i = 0; i < captions.size(); ++i) {
      const auto& map = maps[static_cast<std::size_t>(index)][i];
      const auto words = captions[i].words();
      EXPECT_EQ(map.layers, GetParam().layers);
      EXPECT_EQ(map.heads, GetParam().heads);
      EXPECT_EQ(map.words, static_cast<int>(words.size()));
      EXPECT_EQ(map.grid_height, 2);
      EXPECT_EQ(map.grid_width, 3);
      // The same by a pass of this caption alone, which needs no padding.
      std::vector<std::int64_t> input{Vocabulary::kBegin};
      input.insert(input.end(), words.begin(), words.end() - 1);
      const auto alone =
          decoder_->forward(image(index), at::tensor(input).view({1, 1, -1}), true).attention.contiguous();
      ASSERT_EQ(static_cast<std::size_t>(alone.numel()), map.weights.size());
      for (std::size_t j = 0; j < map.weights.size(); ++j) {
        EXPECT_NEAR(map.weights[j], alone.const_data_ptr<float>()[j], 1e-4);
      }
      for (int word = 0; word < map.words; ++word) {
        double sum = 0;
        for (const float weight : map.word_map(word)) sum += weight;
        EXPECT_NEAR(sum, 1, 1e-5);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, DecodeNetworks,
                         testing::Values(Family{"transformer", transformer, 2, 4}, Family{"lstm", lstm, 1, 1}),
                         [](const auto& family) { return family.param.name; });

}  // namespace
}  // namespace fovea::decode
