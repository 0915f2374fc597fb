#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "decode/beam_search.hpp"
#include "fovea/error.hpp"
#include "nn/decode_chain.hpp"

namespace fovea::decode {
namespace {

using tests::Chain;
using tests::ChainDecoder;
using tests::memory_of;
using text::Vocabulary;

constexpr std::int64_t kEnd = Vocabulary::kEnd;
constexpr float kNever = -std::numeric_limits<float>::infinity();

CaptionOptions plain(int beam, int max_length) {
  CaptionOptions options;
  options.beam = beam;
  options.max_length = max_length;
  options.min_length = 0;
  options.no_repeat_ngram = 0;
  return options;
}

std::vector<TokenHypothesis> search(const Chain& chain, const CaptionOptions& options) {
  ChainDecoder decoder;
  return beam_search(decoder, memory_of({chain}), options).front();
}

/// All finished captions of at most `max_length` words, in the order of better().
std::vector<TokenHypothesis> exhaustive(const Chain& chain, std::size_t max_length, double penalty) {
  std::vector<TokenHypothesis> open(1);
  std::vector<TokenHypothesis> finished;
  while (!open.empty()) {
    const auto hypothesis = open.back();
    open.pop_back();
    const auto next = chain.next(hypothesis.tokens);
    for (std::size_t token = 0; token < next.size(); ++token) {
      const auto id = static_cast<std::int64_t>(token);
      if (id == Vocabulary::kPad || id == Vocabulary::kBegin || id == Vocabulary::kUnknown) continue;
      if (id != kEnd && hypothesis.tokens.size() == max_length) continue;
      auto longer = hypothesis;
      extend(longer, id, static_cast<float>(next[token]), id == kEnd);
      longer.score = length_normalised(longer.log_prob, longer.tokens.size(), penalty);
      (longer.finished ? finished : open).push_back(longer);
    }
  }
  std::sort(finished.begin(), finished.end(), better);
  return finished;
}

/// The most likely permitted token at every step, found without any of the code under test.
std::vector<std::int64_t> greedy(const Chain& chain, std::size_t max_length) {
  std::vector<std::int64_t> tokens;
  while (true) {
    const auto next = chain.next(tokens);
    std::int64_t best = kEnd;
    for (std::size_t token = Vocabulary::kUnknown + 1; token < next.size(); ++token) {
      if (next[token] > next[static_cast<std::size_t>(best)]) best = static_cast<std::int64_t>(token);
    }
    if (best != kEnd && tokens.size() == max_length) return tokens;
    tokens.push_back(best);
    if (best == kEnd) return tokens;
  }
}

TEST(BeamSearch, WideBeamEqualsExhaustiveSearch) {
  for (const double penalty : {0.0, 0.7, 1.0, 2.0}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto chain = Chain::random(7, seed);
      auto options = plain(200, 4);  // 3 words: 3^4 + ... + 1 = 121 captions, all of which fit into the beam
      options.length_penalty = penalty;
      options.top = 10;
      const auto expected = exhaustive(chain, 4, penalty);
      const auto found = search(chain, options);
      ASSERT_EQ(found.size(), 10U);
      for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].tokens, expected[i].tokens) << "seed " << seed << ", penalty " << penalty << ", rank " << i;
        EXPECT_NEAR(found[i].score, expected[i].score, 1e-5);
        EXPECT_NEAR(found[i].log_prob, expected[i].log_prob, 1e-5);
      }
    }
  }
}

TEST(BeamSearch, OneBeamIsGreedy) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const auto chain = Chain::random(12, seed);
    const auto found = search(chain, plain(1, 8));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().tokens, greedy(chain, 8)) << "seed " << seed;
    EXPECT_EQ(found.front().finished, found.front().tokens.back() == kEnd);
  }
}

TEST(BeamSearch, WiderBeamsFindTheBestCaptionMoreOften) {
  const auto found_best = [](int beam) {
    int count = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const auto chain = Chain::random(8, seed);
      count += search(chain, plain(beam, 4)).front().tokens == exhaustive(chain, 4, 1).front().tokens;
    }
    return count;
  };
  const int one = found_best(1);
  const int three = found_best(3);
  const int ten = found_best(10);
  EXPECT_LT(one, three);
  EXPECT_LT(three, ten);
  EXPECT_GT(ten, 85);
}

TEST(BeamSearch, BatchEqualsSingle) {
  std::vector<Chain> chains;
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    chains.push_back(Chain::random(15, seed, seed % 2 == 0 ? 1.0F : 3.0F));
  for (const int beam : {1, 3, 5}) {
    auto options = plain(beam, 10);
    options.min_length = 2;
    options.no_repeat_ngram = 2;
    options.top = beam;
    ChainDecoder decoder;
    const auto batch = beam_search(decoder, memory_of(chains), options);
    ASSERT_EQ(batch.size(), chains.size());
    for (std::size_t image = 0; image < chains.size(); ++image) {
      const auto single = search(chains[image], options);
      ASSERT_EQ(single.size(), batch[image].size());
      for (std::size_t i = 0; i < single.size(); ++i) {
        EXPECT_EQ(single[i].tokens, batch[image][i].tokens) << "image " << image << ", beam " << beam;
        EXPECT_EQ(single[i].log_probs, batch[image][i].log_probs);
      }
    }
  }
}

TEST(BeamSearch, ImagesThatAreDoneAreDropped) {
  std::vector<Chain> chains(7, Chain(6));
  for (auto& chain : chains) {
    for (auto& row : chain.first) row[kEnd] = 20;  // ends at once
  }
  Chain endless(6);
  for (auto& row : endless.first) row[kEnd] = -20;
  chains.push_back(endless);
  ChainDecoder decoder;
  const auto found = beam_search(decoder, memory_of(chains), plain(1, 5));
  EXPECT_EQ(decoder.rows_per_step, (std::vector<std::int64_t>{8, 1, 1, 1, 1, 1}));
  EXPECT_EQ(found.front().front().tokens, (std::vector<std::int64_t>{kEnd}));
  EXPECT_EQ(found.back().front().tokens.size(), 5U);
}

TEST(BeamSearch, LogProbsAreTheModelsOwn) {
  const auto chain = Chain::random(10, 3);
  auto options = plain(4, 6);
  options.top = 4;
  for (const auto& found : search(chain, options)) {
    double sum = 0;
    for (std::size_t i = 0; i < found.tokens.size(); ++i) {
      const auto next = chain.next(std::span(found.tokens).first(i));
      EXPECT_NEAR(found.log_probs[i], next[static_cast<std::size_t>(found.tokens[i])], 1e-5);
      sum += found.log_probs[i];
    }
    EXPECT_NEAR(found.log_prob, sum, 1e-9);
    EXPECT_DOUBLE_EQ(found.score, sum / static_cast<double>(found.tokens.size()));
  }
}

TEST(BeamSearch, SpecialTokensAreNeverWritten) {
  Chain chain(6);
  for (auto& row : chain.first) {
    row[Vocabulary::kPad] = row[Vocabulary::kBegin] = row[Vocabulary::kUnknown] = 10;  // nearly certain
  }
  auto options = plain(3, 6);
  options.top = 3;
  for (const auto& found : search(chain, options)) {
    for (const auto token : found.tokens) EXPECT_TRUE(token == kEnd || token > Vocabulary::kUnknown) << token;
  }
}

TEST(BeamSearch, NoNgramTwice) {
  for (const int n : {1, 2, 3}) {
    Chain chain(7);  // 3 words that follow each other in a circle, without end
    for (auto& row : chain.first) row[kEnd] = -6;
    chain.first[4][5] = chain.first[5][6] = chain.first[6][4] = 8;
    auto options = plain(3, 12);
    options.no_repeat_ngram = n;
    options.top = 3;
    const auto blocked = search(chain, options);
    for (const auto& found : blocked) {
      const auto words = found.words();
      std::set<std::vector<std::int64_t>> seen;
      for (std::size_t first = 0; first + n <= words.size(); ++first) {
        const auto ngram = words.subspan(first, static_cast<std::size_t>(n));
        EXPECT_TRUE(seen.insert({ngram.begin(), ngram.end()}).second) << "n " << n << ", at word " << first;
      }
    }
    options.no_repeat_ngram = 0;
    EXPECT_NE(search(chain, options).front().tokens, blocked.front().tokens);
  }
}

TEST(BeamSearch, MinimumLength) {
  Chain chain(6);
  for (auto& row : chain.first) row[kEnd] = 6;
  EXPECT_EQ(search(chain, plain(3, 8)).front().words().size(), 0U);
  auto options = plain(3, 8);
  options.min_length = 5;
  options.top = 3;
  for (const auto& found : search(chain, options)) {
    EXPECT_TRUE(found.finished);
    EXPECT_GE(found.words().size(), 5U);
  }
}

TEST(BeamSearch, MaximumLengthLeavesTheBestUnfinished) {
  Chain chain(7);
  for (auto& row : chain.first) {
    row[kEnd] = -30;
    row[5] = 3;
  }
  auto options = plain(3, 4);
  options.top = 3;
  const auto found = search(chain, options);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.front().tokens, (std::vector<std::int64_t>{5, 5, 5, 5}));
  for (const auto& caption : found) {
    EXPECT_FALSE(caption.finished);
    EXPECT_EQ(caption.words().size(), 4U);
  }
}

TEST(BeamSearch, ACaptionOfMaximumLengthMayEnd) {
  Chain chain(6);
  chain.first[Vocabulary::kBegin][4] = 9;
  chain.first[4][5] = 9;
  chain.first[5][kEnd] = 9;
  const auto found = search(chain, plain(2, 2)).front();
  EXPECT_TRUE(found.finished);
  EXPECT_EQ(found.tokens, (std::vector<std::int64_t>{4, 5, kEnd}));
}

TEST(BeamSearch, FinishedComesBeforeUnfinished) {
  Chain chain(9);
  for (auto& row : chain.first) row[kEnd] = -30;
  chain.first[6][kEnd] = 1;  // only word 6 can end a caption
  auto options = plain(4, 1);
  options.top = 4;
  options.length_penalty = 0;
  const auto found = search(chain, options);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].tokens, (std::vector<std::int64_t>{6, kEnd}));
  EXPECT_LT(found[0].score, found[1].score);
  EXPECT_EQ(found[1].tokens, (std::vector<std::int64_t>{4}));
  EXPECT_EQ(found[2].tokens, (std::vector<std::int64_t>{5}));
  EXPECT_EQ(found[3].tokens, (std::vector<std::int64_t>{7}));
}

TEST(BeamSearch, ADeadEndIsUnfinished) {
  const Chain chain(6);  // two words: after both, no word may follow, and the end is too early
  auto options = plain(2, 5);
  options.min_length = 4;
  options.no_repeat_ngram = 1;
  const auto found = search(chain, options);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found.front().finished);
  EXPECT_EQ(found.front().tokens, (std::vector<std::int64_t>{4, 5}));
}

TEST(BeamSearch, BestOnesAreDistinctAndOrdered) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto options = plain(6, 7);
    options.top = 6;
    const auto found = search(Chain::random(9, seed), options);
    ASSERT_EQ(found.size(), 6U);
    std::set<std::vector<std::int64_t>> texts;
    for (const auto& caption : found) texts.insert({caption.words().begin(), caption.words().end()});
    EXPECT_EQ(texts.size(), 6U);
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end(), better));
  }
}

TEST(BeamSearch, AskingForFewerChangesNothingAboutTheBest) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto chain = Chain::random(9, seed, 3);
    auto options = plain(5, 7);
    const auto one = search(chain, options);
    options.top = 5;
    EXPECT_EQ(search(chain, options).front().tokens, one.front().tokens) << "seed " << seed;
  }
}

TEST(BeamSearch, StopsWhenNothingCanBecomeBetter) {
  Chain chain(6);  // ends at once with p = 0.996; the rest is so unlikely that 20 words of certainty do not help
  for (auto& row : chain.first) row[kEnd] = 8;
  ChainDecoder decoder;
  const auto found = beam_search(decoder, memory_of({chain}), plain(3, 20));
  EXPECT_EQ(found[0][0].tokens.size(), 1U);
  EXPECT_EQ(decoder.rows_per_step.size(), 1U);
}

TEST(BeamSearch, TiesGoToTheLowerToken) {
  const Chain chain(9);  // all tokens equally likely everywhere
  auto options = plain(3, 3);
  options.min_length = 3;
  options.top = 3;
  const auto found = search(chain, options);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].tokens, (std::vector<std::int64_t>{4, 4, 4, kEnd}));
  // Same again after two words: candidates are ordered by token first, then by the hypothesis they come from.
  EXPECT_EQ(found[1].tokens[2], 4);
  EXPECT_EQ(found[2].tokens[2], 4);
  EXPECT_LT(found[1].tokens, found[2].tokens);
}

TEST(BeamSearch, LengthPenaltyFavoursLongCaptions) {
  Chain chain(8, -30);  // "4" with p = 0.55 or "5 6 7" with p = 0.45
  chain.first[Vocabulary::kBegin][4] = 0.2F;
  chain.first[Vocabulary::kBegin][5] = 0;
  chain.first[4][kEnd] = chain.first[5][6] = chain.first[6][7] = chain.first[7][kEnd] = 0;
  auto options = plain(3, 5);
  options.length_penalty = 0;
  EXPECT_EQ(search(chain, options).front().words().size(), 1U);
  options.length_penalty = 1;
  EXPECT_EQ(search(chain, options).front().words().size(), 3U);
}

TEST(BeamSearch, EmptyBatch) {
  ChainDecoder decoder;
  EXPECT_TRUE(beam_search(decoder, {at::empty({0, 12, 6}), 12, 1}, plain(3, 5)).empty());
  EXPECT_TRUE(decoder.rows_per_step.empty());
}

TEST(BeamSearch, NotANumberIsAnError) {
  Chain chain(6);
  chain.first[4][5] = std::numeric_limits<float>::quiet_NaN();
  chain.first[Vocabulary::kBegin][4] = 5;
  try {
    search(chain, plain(2, 5));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    EXPECT_NE(std::string(error.what()).find("NaN"), std::string::npos);
  }
}

TEST(BeamSearch, ImpossibleTokensAreNotTaken) {
  Chain chain(8);
  for (auto& row : chain.first) row[4] = row[6] = kNever;
  auto options = plain(4, 3);
  options.top = 4;
  for (const auto& found : search(chain, options)) {
    for (const auto token : found.words()) EXPECT_TRUE(token == 5 || token == 7) << token;
  }
}

TEST(BeamSearch, BadOptionsAreRefused) {
  ChainDecoder decoder;
  auto options = plain(0, 5);
  EXPECT_THROW(beam_search(decoder, memory_of({Chain(6)}), options), Error);
}

TEST(SearchMany, IsTheSearchAsTokens) {
  const std::vector<Chain> chains{Chain::random(9, 1), Chain::random(9, 2), Chain::random(9, 3)};
  ChainDecoder decoder;
  const auto tokens = search_many(decoder, memory_of(chains), 4, 7);
  ASSERT_EQ(tokens.dim(), 3);
  ASSERT_EQ(tokens.size(0), 3);
  ASSERT_EQ(tokens.size(1), 4);
  auto options = plain(4, 7);
  options.min_length = 1;
  options.top = 4;
  const auto expected = beam_search(decoder, memory_of(chains), options);
  std::size_t longest = 0;
  for (std::int64_t b = 0; b < 3; ++b) {
    ASSERT_EQ(expected[static_cast<std::size_t>(b)].size(), 4U);
    for (std::int64_t c = 0; c < 4; ++c) {
      const auto& caption = expected[static_cast<std::size_t>(b)][static_cast<std::size_t>(c)].tokens;
      std::vector<std::int64_t> row{Vocabulary::kBegin};
      row.insert(row.end(), caption.begin(), caption.end());
      longest = std::max(longest, row.size());
      row.resize(static_cast<std::size_t>(tokens.size(2)), Vocabulary::kPad);
      EXPECT_TRUE(tokens[b][c].equal(at::tensor(row, at::TensorOptions(at::kLong)))) << b << ", " << c;
    }
  }
  EXPECT_EQ(static_cast<std::size_t>(tokens.size(2)), longest);
}

TEST(SearchMany, TheBestStandsForThoseThatLack) {
  // Nothing but one word and the end is ever possible: "5" is the only caption of one word at most.
  Chain chain(6, kNever);
  for (auto& row : chain.first) row[5] = row[kEnd] = 0;
  ChainDecoder decoder;
  const auto tokens = search_many(decoder, memory_of({chain}), 3, 1);
  for (std::int64_t c = 0; c < 3; ++c) {
    EXPECT_TRUE(tokens[0][c].equal(at::tensor({Vocabulary::kBegin, std::int64_t{5}, kEnd}))) << c;
  }
}

TEST(SearchMany, EmptyBatch) {
  ChainDecoder decoder;
  EXPECT_EQ(search_many(decoder, {at::empty({0, 12, 6}), 12, 1}, 3, 5).sizes(), (std::vector<std::int64_t>{0, 3, 1}));
}

}  // namespace
}  // namespace fovea::decode
