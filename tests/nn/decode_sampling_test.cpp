#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include "decode/beam_search.hpp"
#include "decode/draw.hpp"
#include "decode/sampling.hpp"
#include "decode/uniform.hpp"
#include "fovea/error.hpp"
#include "nn/decode_chain.hpp"

namespace fovea::decode {
namespace {

using tests::Chain;
using tests::ChainDecoder;
using tests::memory_of;
using text::Vocabulary;

constexpr std::int64_t kEnd = Vocabulary::kEnd;

CaptionOptions sampling(int top, std::uint64_t seed) {
  CaptionOptions options;
  options.beam = 1;
  options.sample = true;
  options.top = top;
  options.seed = seed;
  options.min_length = 0;
  options.no_repeat_ngram = 0;
  options.max_length = 6;
  return options;
}

std::vector<TokenHypothesis> draw_from(const Chain& chain, const CaptionOptions& options) {
  ChainDecoder decoder;
  return sample(decoder, memory_of({chain}), options).front();
}

/// Pearson's statistic of counts against probabilities that sum to 1.
double chi_square(const std::map<std::int64_t, int>& counts, const std::map<std::int64_t, double>& expected) {
  int total = 0;
  for (const auto& [token, count] : counts) total += count;
  double statistic = 0;
  for (const auto& [token, probability] : expected) {
    const auto found = counts.find(token);
    const double difference = (found == counts.end() ? 0 : found->second) - total * probability;
    statistic += difference * difference / (total * probability);
  }
  return statistic;
}

/// The distribution of the first token: softmax(logits / temperature) over what is permitted.
std::map<std::int64_t, double> first_token(const Chain& chain, double temperature) {
  const auto next = chain.next({});
  std::map<std::int64_t, double> probabilities;
  double total = 0;
  for (std::size_t token = 0; token < next.size(); ++token) {
    const auto id = static_cast<std::int64_t>(token);
    if (id == Vocabulary::kPad || id == Vocabulary::kBegin || id == Vocabulary::kUnknown) continue;
    total += probabilities[id] = std::exp(next[token] / temperature);
  }
  for (auto& [token, probability] : probabilities) probability /= total;
  return probabilities;
}

/// Counts of the first token over 256 captions each of 40 seeds: 10,240 draws.
std::map<std::int64_t, int> count_first_tokens(const Chain& chain, CaptionOptions options) {
  std::map<std::int64_t, int> counts;
  options.top = 256;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    options.seed = seed;
    for (const auto& caption : draw_from(chain, options)) ++counts[caption.tokens.front()];
  }
  return counts;
}

// 10 permitted tokens: 9 degrees of freedom, 27.9 is the 99.9% point. The seeds are fixed: no chance at run time.
TEST(Sampling, FollowsTheDistribution) {
  const auto chain = Chain::random(13, 5, 0.7F);
  for (const double temperature : {1.0, 0.5, 2.0}) {
    auto options = sampling(1, 0);
    options.temperature = temperature;
    const auto counts = count_first_tokens(chain, options);
    EXPECT_LT(chi_square(counts, first_token(chain, temperature)), 27.9) << "temperature " << temperature;
    EXPECT_GT(chi_square(counts, first_token(chain, temperature * 1.3)), 27.9) << "the test would not notice";
  }
}

TEST(Sampling, LaterWordsFollowTheirOwnDistribution) {
  const auto chain = Chain::random(13, 6, 0.7F);
  std::map<std::int64_t, std::map<std::int64_t, int>> counts;  // by first word
  auto options = sampling(256, 0);
  for (options.seed = 0; options.seed < 40; ++options.seed) {
    for (const auto& caption : draw_from(chain, options)) {
      if (caption.tokens.size() > 1) ++counts[caption.tokens[0]][caption.tokens[1]];
    }
  }
  for (const auto& [first, second] : counts) {
    const auto next = chain.next(std::vector<std::int64_t>{first});
    std::map<std::int64_t, double> expected;
    double total = 0;
    for (std::int64_t token = kEnd; token < 13; ++token) {
      if (token != Vocabulary::kUnknown) total += expected[token] = std::exp(next[static_cast<std::size_t>(token)]);
    }
    for (auto& [token, probability] : expected) probability /= total;
    EXPECT_LT(chi_square(second, expected), 27.9) << "after word " << first;
  }
}

TEST(Sampling, TopKAndTopPKeepTheMostLikely) {
  const auto chain = Chain::random(13, 5, 0.7F);
  auto ranked = std::vector<std::pair<double, std::int64_t>>();
  for (const auto& [token, probability] : first_token(chain, 1)) ranked.push_back({-probability, token});
  std::sort(ranked.begin(), ranked.end());
  const auto check = [&](const CaptionOptions& options, std::size_t kept) {
    std::map<std::int64_t, double> expected;
    double total = 0;
    for (std::size_t i = 0; i < kept; ++i) total += expected[ranked[i].second] = -ranked[i].first;
    for (auto& [token, probability] : expected) probability /= total;
    const auto counts = count_first_tokens(chain, options);
    EXPECT_EQ(counts.size(), kept);
    for (const auto& [token, count] : counts) EXPECT_TRUE(expected.count(token)) << token;
    EXPECT_LT(chi_square(counts, expected), 27.9);
  };
  auto options = sampling(1, 0);
  options.top_k = 4;
  check(options, 4);
  options.top_k = 0;
  options.top_p = -(ranked[0].first + ranked[1].first + ranked[2].first) - 1e-4;
  check(options, 3);
  options.top_p += 2e-4;
  check(options, 4);
  options.top_k = 5;  // top_p counts within what top_k leaves: two of five reach 0.3
  options.top_p = 0.3;
  double five = 0;
  for (std::size_t i = 0; i < 5; ++i) five -= ranked[i].first;
  std::size_t kept = 0;
  for (double sum = 0; sum < 0.3 * five; ++kept) sum -= ranked[kept].first;
  check(options, kept);
}

TEST(Sampling, OnlyTheBestWordIsGreedy) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto chain = Chain::random(12, seed);
    auto options = sampling(1, seed);
    options.top_k = 1;
    auto search = options;
    search.sample = false;
    search.top_k = 0;
    search.seed = 0;
    ChainDecoder decoder;
    const auto greedy = beam_search(decoder, memory_of({chain}), search).front().front();
    const auto drawn = draw_from(chain, options).front();
    EXPECT_EQ(drawn.tokens, greedy.tokens);
    EXPECT_EQ(drawn.log_probs, greedy.log_probs);
  }
}

TEST(Sampling, SameSeedSameCaptionsInAnyBatch) {
  std::vector<Chain> chains;
  for (std::uint64_t i = 0; i < 9; ++i) chains.push_back(Chain::random(12, i));
  auto options = sampling(3, 42);
  options.top_p = 0.95;
  ChainDecoder decoder;
  const auto batch = sample(decoder, memory_of(chains), options);
  for (std::size_t image = 0; image < chains.size(); ++image) {
    const auto single = draw_from(chains[image], options);
    ASSERT_EQ(single.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(single[i].tokens, batch[image][i].tokens);
    EXPECT_TRUE(std::is_sorted(single.begin(), single.end(), better));
  }
  options.seed = 43;
  const auto other = sample(decoder, memory_of(chains), options);
  int differ = 0;
  for (std::size_t image = 0; image < chains.size(); ++image)
    differ += other[image][0].tokens != batch[image][0].tokens;
  EXPECT_GT(differ, 4);
}

TEST(Sampling, ConstraintsHold) {
  auto options = sampling(64, 1);
  options.min_length = 3;
  options.max_length = 5;
  options.no_repeat_ngram = 1;
  int unfinished = 0;
  for (const auto& caption : draw_from(Chain::random(11, 2), options)) {
    EXPECT_GE(caption.words().size(), 3U);
    EXPECT_LE(caption.words().size(), 5U);
    EXPECT_EQ(std::set(caption.words().begin(), caption.words().end()).size(), caption.words().size());
    for (const auto token : caption.words()) EXPECT_GT(token, Vocabulary::kUnknown);
    unfinished += !caption.finished;
  }
  EXPECT_GT(unfinished, 0);
  EXPECT_LT(unfinished, 64);
}

TEST(Sampling, ADeadEndIsUnfinished) {
  auto options = sampling(4, 1);
  options.min_length = 4;
  options.no_repeat_ngram = 1;
  for (const auto& caption : draw_from(Chain(6), options)) {
    EXPECT_FALSE(caption.finished);
    EXPECT_EQ(caption.tokens.size(), 2U);
  }
}

TEST(Sampling, ImpossibleToDrawWhatIsForbiddenAtLowTemperature) {
  Chain chain(6);
  for (auto& row : chain.first) row[Vocabulary::kUnknown] = 30;  // its weight would leave nothing for the others
  auto options = sampling(8, 1);
  options.temperature = 0.05;
  for (const auto& caption : draw_from(chain, options)) EXPECT_FALSE(caption.tokens.empty());
}

TEST(Sampling, EmptyBatch) {
  ChainDecoder decoder;
  const nn::ImageMemory none{at::empty({0, 12, 6}), 12, 1};
  EXPECT_TRUE(sample(decoder, none, sampling(2, 1)).empty());
  EXPECT_EQ(sample_many(decoder, none, 3, 5, 1, 1).sizes(), (std::vector<std::int64_t>{0, 3, 1}));
}

TEST(SampleMany, LayoutOfTheTokens) {
  std::vector<Chain> chains;
  for (std::uint64_t i = 0; i < 6; ++i) chains.push_back(Chain::random(9, i));
  ChainDecoder decoder;
  const auto tokens = sample_many(decoder, memory_of(chains), 5, 7, 1, 3);
  ASSERT_EQ(tokens.dim(), 3);
  ASSERT_EQ(tokens.scalar_type(), at::kLong);
  EXPECT_EQ(tokens.size(0), 6);
  EXPECT_EQ(tokens.size(1), 5);
  EXPECT_LE(tokens.size(2), 9);  // begin, 7 words, end
  const auto values = tokens.accessor<std::int64_t, 3>();
  std::set<std::vector<std::int64_t>> distinct;
  bool longest_fills = false;
  for (int b = 0; b < 6; ++b) {
    for (int c = 0; c < 5; ++c) {
      EXPECT_EQ(values[b][c][0], Vocabulary::kBegin);
      std::vector<std::int64_t> words;
      std::int64_t t = 1;
      while (t < tokens.size(2) && values[b][c][t] > Vocabulary::kUnknown) words.push_back(values[b][c][t++]);
      if (t < tokens.size(2) && values[b][c][t] == kEnd) {
        ++t;
      } else {
        EXPECT_EQ(words.size(), 7U) << "only a caption of full length has no end token";
      }
      longest_fills = longest_fills || t == tokens.size(2);
      for (; t < tokens.size(2); ++t) EXPECT_EQ(values[b][c][t], Vocabulary::kPad);
      distinct.insert(words);
    }
  }
  EXPECT_TRUE(longest_fills);
  EXPECT_GT(distinct.size(), 15U);
  EXPECT_TRUE(sample_many(decoder, memory_of(chains), 5, 7, 1, 3).equal(tokens));
}

TEST(SampleMany, ImagesOfABatchGetOtherDraws) {
  const std::vector<Chain> chains(2, Chain::random(30, 1, 0.3F));
  ChainDecoder decoder;
  const auto tokens = sample_many(decoder, memory_of(chains), 4, 10, 1, 3);
  EXPECT_FALSE(tokens[0].equal(tokens[1]));
}

TEST(SampleMany, ASmallNucleusLeavesOnlyTheLikeliestWord) {
  const std::vector<Chain> chains(2, Chain::random(30, 1, 0.3F));
  ChainDecoder decoder;
  const auto tokens = sample_many(decoder, memory_of(chains), 4, 10, 0.001, 3);
  for (int caption = 1; caption < 4; ++caption) EXPECT_TRUE(tokens[0][caption].equal(tokens[0][0]));
  EXPECT_TRUE(tokens[1].equal(tokens[0]));
}

TEST(SampleMany, ResultMayBeUsedInTraining) {
  ChainDecoder decoder;
  EXPECT_FALSE(sample_many(decoder, memory_of({Chain(6)}), 2, 4, 1, 1).is_inference());
}

TEST(Draw, BordersOfTheCumulativeDistribution) {
  const std::vector<float> weights{0, 0.5F, 0, 0.25F, 0.25F, 0};
  EXPECT_EQ(draw(weights, {}, 0), 1);
  EXPECT_EQ(draw(weights, {}, 0.4999), 1);
  EXPECT_EQ(draw(weights, {}, 0.5), 3);
  EXPECT_EQ(draw(weights, {}, 0.75), 4);
  EXPECT_EQ(draw(weights, {}, std::nextafter(1.0, 0.0)), 4);
}

TEST(Draw, TiesAtTheBorderGoToTheLowerToken) {
  const std::vector<float> weights{0.25F, 0.25F, 0.25F, 0.25F};
  EXPECT_EQ(draw(weights, {.top_k = 2}, 0.999), 1);
  EXPECT_EQ(draw(weights, {.top_p = 0.5}, 0.999), 1);
  EXPECT_EQ(draw(weights, {.top_k = 3, .top_p = 0.5}, 0.999), 1);
}

TEST(Uniform, DependsOnEachNumberAndFillsTheInterval) {
  EXPECT_EQ(uniform(1, 2, 3), uniform(1, 2, 3));
  std::set<double> values;
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (std::uint64_t stream = 0; stream < 100; ++stream) {
      for (std::uint64_t position = 0; position < 20; ++position) {
        const double value = uniform(seed, stream, position);
        ASSERT_GE(value, 0);
        ASSERT_LT(value, 1);
        values.insert(value);
        sum += value;
      }
    }
  }
  EXPECT_EQ(values.size(), 20'000U);
  EXPECT_NEAR(sum / 20'000, 0.5, 0.01);
}

}  // namespace
}  // namespace fovea::decode
