#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/lesion_contradictions.hpp"
#include "text/lesion_sentence.hpp"

namespace fovea::text {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

const std::vector<std::string> kFindings{"benign mass", "malignant mass"};

TEST(LesionContradictions, WordsOfOtherFindingsPositionsAndSizes) {
  const LesionFacts facts{.finding = "benign mass", .position = LesionPosition::upper_left, .size = LesionSize::small};
  EXPECT_THAT(contradicting_words(facts, kFindings),
              UnorderedElementsAre("malignant", "no", "right", "lower", "centre", "medium", "medium-sized", "large"));
}

TEST(LesionContradictions, WithoutAFindingThereIsNone) {
  EXPECT_THAT(contradicting_words({.finding = ""}, kFindings),
              UnorderedElementsAre("benign", "malignant", "mass", "masses"));
}

TEST(LesionContradictions, WhatIsNotKnownForbidsNothing) { EXPECT_THAT(contradicting_words({}, kFindings), IsEmpty()); }

TEST(LesionContradictions, NoSentenceOfTheFactsHasAForbiddenWord) {
  for (const auto position : {LesionPosition::centre, LesionPosition::lower_right}) {
    for (const auto size : {LesionSize::small, LesionSize::medium, LesionSize::large}) {
      for (const int count : {1, 2, 4}) {
        const LesionFacts facts{.finding = "malignant mass",
                                .count = count,
                                .position = position,
                                .size = size,
                                .shape = LesionShape::oval};
        const auto forbidden = contradicting_words(facts, kFindings);
        for (auto sentence : lesion_sentences(facts)) {
          sentence.pop_back();
          std::istringstream words(sentence);
          for (std::string word; words >> word;) EXPECT_THAT(forbidden, Not(Contains(word))) << sentence;
        }
      }
    }
  }
}

}  // namespace
}  // namespace fovea::text
