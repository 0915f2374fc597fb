#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fovea/error.hpp"
#include "fovea/metrics.hpp"
#include "metrics/cider.hpp"

namespace fovea::metrics {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr double kTolerance = 1e-9;

// Made by pycocoevalcap itself: tests/reference/caption_metric_goldens.py.
class CaptionScoresGolden : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    set_ = json::parse(std::ifstream(FOVEA_TEST_DATA_DIR "/metrics/caption_scores.json")).at(GetParam());
  }

  std::vector<CaptionPair> pairs(const std::string& prefix) const {
    std::vector<CaptionPair> result;
    for (const json& image : set_.at("images"))
      result.push_back({image.at(prefix + "hypothesis"), image.at(prefix + "references")});
    return result;
  }

  void expect_scores(const CaptionScores& actual) const {
    const json& expected = set_.at("scores");
    for (std::size_t n = 0; n < 4; ++n)
      EXPECT_NEAR(actual.bleu.at(n), expected.at("bleu").at(n).get<double>(), kTolerance) << "BLEU-" << n + 1;
    EXPECT_NEAR(actual.rouge_l, expected.at("rouge_l").get<double>(), kTolerance);
    EXPECT_NEAR(actual.cider, expected.at("cider").get<double>(), kTolerance);
  }

  json set_;
};

TEST_P(CaptionScoresGolden, TokenizedText) { expect_scores(score_tokenized_captions(pairs("tokenized_"))); }

TEST_P(CaptionScoresGolden, RawText) { expect_scores(score_captions(pairs(""))); }

TEST_P(CaptionScoresGolden, CiderOfEachImageOnTokenIds) {
  std::map<std::string, std::int64_t> numbers;
  const auto ids = [&](const std::string& text) {
    std::istringstream stream(text);
    TokenIds result;
    for (std::string token; stream >> token;)
      result.push_back(numbers.emplace(token, 1000 - static_cast<std::int64_t>(numbers.size())).first->second);
    return result;
  };
  std::vector<std::vector<TokenIds>> references;
  std::vector<TokenIds> hypotheses;
  for (const auto& pair : pairs("tokenized_")) {
    hypotheses.push_back(ids(pair.hypothesis));
    references.emplace_back();
    for (const auto& reference : pair.references) references.back().push_back(ids(reference));
  }
  const CiderD cider(references);
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    EXPECT_NEAR(cider.score(i, hypotheses[i]), set_.at("scores").at("cider_of_images").at(i).get<double>(), kTolerance)
        << "image " << i;
}

INSTANTIATE_TEST_SUITE_P(Sets, CaptionScoresGolden, testing::Values("usual", "extremes", "one_image"));

std::string refusal_of(const std::vector<CaptionPair>& pairs) {
  try {
    score_captions(pairs);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  return "accepted";
}

TEST(CaptionScores, RefusesWhatCannotBeScored) {
  EXPECT_THAT(refusal_of({}), HasSubstr("at least one image"));
  EXPECT_THAT(refusal_of({{"a dog", {"a dog"}}, {"a cat", {}}}), HasSubstr("image 1 (hypothesis \"a cat\")"));
}

TEST(CaptionScores, AllHypothesesEmptyIsZeroAndFinite) {
  const auto scores = score_captions({{"", {"a dog"}}, {"", {"a cat"}}});
  for (const double bleu : scores.bleu) EXPECT_NEAR(bleu, 0, 1e-6);
  EXPECT_EQ(scores.rouge_l, 0);
  EXPECT_EQ(scores.cider, 0);
}

TEST(CaptionScores, PerfectCaptionsScoreFull) {
  const auto scores = score_captions({{"a dog runs on the grass", {"a dog runs on the grass"}},
                                      {"two men ride red bikes", {"two men ride red bikes"}}});
  for (const double bleu : scores.bleu) EXPECT_NEAR(bleu, 1, 1e-6);
  EXPECT_NEAR(scores.rouge_l, 1, 1e-12);
  EXPECT_NEAR(scores.cider, 10, 1e-9);
}

TEST(CaptionScores, AreCorpusScoresWhateverTheOrder) {
  const std::vector<CaptionPair> pairs{{"a dog", {"the dog runs", "a dog"}},
                                       {"a red cat sits", {"a cat", "one cat sits"}}};
  const auto forward = score_captions(pairs);
  const auto backward = score_captions({pairs[1], pairs[0]});
  EXPECT_NEAR(forward.bleu[1], backward.bleu[1], 1e-12);
  EXPECT_NEAR(forward.rouge_l, backward.rouge_l, 1e-12);
  EXPECT_NEAR(forward.cider, backward.cider, 1e-12);
}

TEST(CaptionScores, BadTextIsScoredNotRefused) {
  std::string long_caption;
  for (int i = 0; i < 20000; ++i) long_caption += "dog ";
  const auto scores =
      score_captions({{"a \xFF\xFE dog", {"a dog", "\xC3"}}, {long_caption, {"a dog runs", "the cat"}}});
  EXPECT_GT(scores.bleu[0], 0);
  EXPECT_LT(scores.cider, 10);
}

TEST(CiderD, RefusesWhatCannotBeScored) {
  EXPECT_THROW(CiderD({}), Error);
  EXPECT_THROW(CiderD({{{1, 2}}, {}}), Error);
  const CiderD cider({{{1, 2}}, {{3}}});
  EXPECT_THROW(cider.score(2, TokenIds{1}), Error);
}

TEST(CiderD, CountsTheEndTokenLikeAnyOther) {
  // Training appends the end token to both sides, so that a caption that breaks off earns less.
  constexpr std::int64_t kEnd = 2;
  const CiderD cider({{{10, 11, 12, kEnd}}, {{13, 14, kEnd}}, {{15, kEnd}}});
  EXPECT_GT(cider.score(0, TokenIds{10, 11, 12, kEnd}), cider.score(0, TokenIds{10, 11, 12}));
}

}  // namespace
}  // namespace fovea::metrics
