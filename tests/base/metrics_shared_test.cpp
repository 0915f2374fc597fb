// Caption metrics against the figures of pycocoevalcap on three caption sets over a whole validation split.

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fovea/metrics.hpp"
#include "shared_data.hpp"
#include "text/ptb_tokenizer.hpp"

namespace fovea::metrics {
namespace {

using Json = nlohmann::json;

Json read_set(const std::string& name) {
  return Json::parse(std::ifstream(tests::shared_dir() / "data" / "metrics" / (name + ".json")));
}

/// The set that carries the references of all three. Its own hypotheses are the first caption of each image.
constexpr const char* kHumanSet = "human_first_vs_other4";

std::vector<CaptionPair> pairs_of(const Json& set, const Json& human, const std::string& form) {
  std::vector<CaptionPair> pairs;
  for (const auto& [image, entry] : set.at(form).items()) {
    const Json& references = human.at(form).at(image);
    pairs.push_back({entry.at("hypothesis"), references.at("references")});
    if (set.contains("references")) pairs.back().references.push_back(references.at("hypothesis"));  // all five
  }
  return pairs;
}

class SharedMetrics : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(tests::shared_dir() / "data" / "metrics")) {
      GTEST_SKIP() << "no shared data; CaptionScoresGolden is the smaller test";
    }
    set_ = read_set(GetParam());
    human_ = read_set(kHumanSet);
  }

  void expect_scores(const CaptionScores& actual, double tolerance) const {
    const Json& expected = set_.at("scores");
    for (int n = 0; n < 4; ++n) {
      const auto name = "BLEU-" + std::to_string(n + 1);
      EXPECT_NEAR(actual.bleu.at(n), expected.at(name).get<double>(), tolerance) << name;
    }
    EXPECT_NEAR(actual.rouge_l, expected.at("ROUGE-L").get<double>(), tolerance);
    EXPECT_NEAR(actual.cider, expected.at("CIDEr").get<double>(), tolerance);
  }

  Json set_;
  Json human_;
};

TEST_P(SharedMetrics, TokenizedTextScoresAsInPycocoevalcap) {
  expect_scores(score_tokenized_captions(pairs_of(set_, human_, "tokenized")), 1e-6);
}

TEST_P(SharedMetrics, RawTextScoresAsInPycocoevalcap) {
  expect_scores(score_captions(pairs_of(set_, human_, "raw")), 0.002);
}

INSTANTIATE_TEST_SUITE_P(Sets, SharedMetrics, testing::Values(kHumanSet, "constant_caption", "shifted_human"));

}  // namespace
}  // namespace fovea::metrics
