#include <set>

#include <gmock/gmock.h>

#include "fovea/error.hpp"
#include "text/lesion_sentence.hpp"
#include "text/lesion_words.hpp"
#include "text/ptb_tokenizer.hpp"

namespace fovea::text {
namespace {

using image::MaskMeasures;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Property;
using testing::SizeIs;
using testing::Throws;

const std::vector<std::string> kFindings{"benign mass", "malignant mass"};
constexpr std::array kPositions{LesionPosition::upper_left, LesionPosition::upper_right, LesionPosition::lower_left,
                                LesionPosition::lower_right, LesionPosition::centre};
constexpr std::array kSizes{LesionSize::small, LesionSize::medium, LesionSize::large};
constexpr std::array kShapes{LesionShape::round, LesionShape::oval, LesionShape::elongated, LesionShape::irregular};
const MaskMeasures kMeasures{
    .lesions = 1, .area_share = 0.03, .centre_x = 0.2, .centre_y = 0.3, .axis_ratio = 0.7, .solidity = 0.97};

auto refuses(ErrorCode code, const std::string& why) {
  return Throws<Error>(AllOf(Property(&Error::code, code), Property(&Error::what, HasSubstr(why))));
}

TEST(LesionFacts, RefuseWhatContradictsItself) {
  EXPECT_THAT([] { describe_lesion("", "", kMeasures); }, refuses(ErrorCode::usage, "neither a label nor a noun"));
  EXPECT_THAT([] { describe_lesion("normal", "mass", kMeasures); },
              refuses(ErrorCode::corrupt, "\"normal\" and the mask marks 1 lesions: expected none"));
  EXPECT_THAT([] { describe_lesion("benign", "mass", {}); },
              refuses(ErrorCode::corrupt, "\"benign\" and the mask marks 0 lesions: expected at least one"));
}

TEST(LesionFacts, FollowTheRules) {
  const LesionFacts expected{.finding = "benign mass",
                             .count = 1,
                             .position = LesionPosition::upper_left,
                             .size = LesionSize::small,
                             .shape = LesionShape::oval};
  EXPECT_EQ(describe_lesion("benign", "mass", kMeasures), expected);
  EXPECT_EQ(describe_lesion("", "polyp", kMeasures).finding, "polyp");
  EXPECT_EQ(describe_lesion("cyst", "", kMeasures).finding, "cyst");
  const LesionFacts nothing{.finding = "", .count = 0};
  EXPECT_EQ(describe_lesion("normal", "mass", {}), nothing);
  EXPECT_EQ(describe_lesion("", "polyp", {}), nothing);
}

MaskMeasures at(double x, double y) {
  MaskMeasures measures = kMeasures;
  measures.centre_x = x;
  measures.centre_y = y;
  return measures;
}

TEST(LesionFacts, Positions) {
  const auto position = [](double x, double y) { return *describe_lesion("", "polyp", at(x, y)).position; };
  EXPECT_EQ(position(0.5, 0.5), LesionPosition::centre);
  EXPECT_EQ(position(0.34, 0.66), LesionPosition::centre);
  EXPECT_EQ(position(0.33, 0.5), LesionPosition::lower_left);
  EXPECT_EQ(position(0.5, 0.33), LesionPosition::upper_right);
  EXPECT_EQ(position(0.49, 0.1), LesionPosition::upper_left);
  EXPECT_EQ(position(0.7, 0.49), LesionPosition::upper_right);
  EXPECT_EQ(position(0.9, 0.9), LesionPosition::lower_right);
}

TEST(LesionFacts, SizesAndShapes) {
  const auto size = [](double share) {
    MaskMeasures measures = kMeasures;
    measures.area_share = share;
    return *describe_lesion("", "polyp", measures).size;
  };
  EXPECT_EQ(size(0.039), LesionSize::small);
  EXPECT_EQ(size(0.04), LesionSize::medium);
  EXPECT_EQ(size(0.119), LesionSize::medium);
  EXPECT_EQ(size(0.12), LesionSize::large);
  const auto shape = [](double ratio, double solidity) {
    MaskMeasures measures = kMeasures;
    measures.axis_ratio = ratio;
    measures.solidity = solidity;
    return *describe_lesion("", "polyp", measures).shape;
  };
  EXPECT_EQ(shape(0.8, 0.95), LesionShape::round);
  EXPECT_EQ(shape(0.79, 0.95), LesionShape::oval);
  EXPECT_EQ(shape(0.49, 0.9), LesionShape::elongated);
  EXPECT_EQ(shape(0.9, 0.89), LesionShape::irregular);
}

TEST(LesionSentence, HasOneWordingForEvaluation) {
  EXPECT_EQ(lesion_sentence(describe_lesion("benign", "mass", kMeasures)),
            "A small oval benign mass in the upper left of the image.");
  EXPECT_EQ(lesion_sentence(describe_lesion("", "polyp", {})), "No lesion is seen.");
  MaskMeasures two = kMeasures;
  two.lesions = 2;
  two.area_share = 0.1;
  EXPECT_EQ(lesion_sentence(describe_lesion("malignant", "mass", two)),
            "Two malignant masses are seen and the larger one is medium-sized and oval and lies in the upper left of "
            "the image.");
  two.lesions = 12;
  EXPECT_THAT(lesion_sentence(describe_lesion("", "polyp", two)), HasSubstr("Several polyps are seen and the largest"));
}

TEST(LesionSentence, RefusesFactsThatAreMissing) {
  const auto whole = describe_lesion("benign", "mass", kMeasures);
  const auto without = [&](auto remove, const std::string& why) {
    auto facts = whole;
    remove(facts);
    EXPECT_THAT([&] { lesion_sentences(facts); }, refuses(ErrorCode::usage, why));
  };
  without([](LesionFacts& facts) { facts.finding.reset(); }, "finding");
  without([](LesionFacts& facts) { facts.count.reset(); }, "count");
  without([](LesionFacts& facts) { facts.count = 0; }, "count");
  without([](LesionFacts& facts) { facts.position.reset(); }, "position");
  without([](LesionFacts& facts) { facts.size.reset(); }, "size");
  without([](LesionFacts& facts) { facts.shape.reset(); }, "shape");
}

void expect_read_back(const LesionFacts& facts) {
  const auto sentences = lesion_sentences(facts);
  EXPECT_EQ(sentences, lesion_sentences(facts));
  EXPECT_THAT(std::set(sentences.begin(), sentences.end()), SizeIs(kLesionPhrasings));
  for (const auto& sentence : sentences) {
    EXPECT_EQ(read_lesion_sentence(sentence, kFindings), facts) << sentence;
    // As a decoder says it: its tokens in lower case, without punctuation.
    std::string tokens;
    for (const auto& token : ptb_tokenize(sentence)) tokens += token + ' ';
    EXPECT_EQ(read_lesion_sentence(tokens, kFindings), facts) << tokens;
  }
}

TEST(LesionSentence, EveryFactIsReadBackFromEveryWording) {
  expect_read_back({.finding = "", .count = 0});
  for (const auto& finding : kFindings) {
    for (int count = 1; count <= kMostCounted; ++count) {
      for (const auto position : kPositions) {
        for (const auto size : kSizes) {
          for (const auto shape : kShapes) {
            expect_read_back({.finding = finding, .count = count, .position = position, .size = size, .shape = shape});
          }
        }
      }
    }
  }
}

TEST(LesionReader, TakesOtherWordings) {
  const auto read = [](std::string_view sentence) { return read_lesion_sentence(sentence, kFindings); };
  EXPECT_EQ(read("LARGE, irregular: malignant mass (lower right)!"),
            (LesionFacts{.finding = "malignant mass",
                         .count = 1,
                         .position = LesionPosition::lower_right,
                         .size = LesionSize::large,
                         .shape = LesionShape::irregular}));
  EXPECT_EQ(read("no benign mass").finding, "");
  EXPECT_EQ(read("no malignant masses in the centre").finding, "");
  EXPECT_EQ(read("a benign mass"), (LesionFacts{.finding = "benign mass", .count = 1}));
  EXPECT_EQ(read("benign masses").count, std::nullopt);
}

TEST(LesionReader, RefusesFindingsWithoutLetters) {
  for (const char* finding : {"", " - "}) {
    EXPECT_THAT([&] { read_lesion_sentence("a mass", std::vector<std::string>{finding}); },
                refuses(ErrorCode::usage, "has no letter"));
  }
}

TEST(LesionReader, WhatIsNotSaidOrSaidInTwoWaysIsNothing) {
  const auto read = [](std::string_view sentence) { return read_lesion_sentence(sentence, kFindings); };
  EXPECT_EQ(read(""), LesionFacts{});
  EXPECT_EQ(read("\xFF\xFE ..."), LesionFacts{});
  EXPECT_EQ(read("two dogs play in the snow"), LesionFacts{});
  EXPECT_EQ(read("a benign mass and a malignant mass").finding, std::nullopt);
  EXPECT_EQ(read("a benign mass and no lesion").finding, std::nullopt);
  EXPECT_EQ(read("a small benign mass in the upper left and the lower left").position, std::nullopt);
  EXPECT_EQ(read("a small or large benign mass").size, std::nullopt);
  EXPECT_EQ(read("smaller, roundish").size, std::nullopt) << "words are whole words";
  const auto nested = read_lesion_sentence("a benign mass", std::vector<std::string>{"mass", "benign mass"});
  EXPECT_EQ(nested.finding, "benign mass");
}

TEST(LesionSentenceCounts, CountWhatIsRight) {
  const LesionFacts truth = describe_lesion("benign", "mass", kMeasures);
  const LesionFacts nothing = describe_lesion("normal", "mass", {});
  LesionSentenceCounts counts;
  counts.add(truth, truth);
  counts.add(nothing, truth);  // a lesion overlooked
  counts.add(truth, nothing);  // one invented
  counts.add(nothing, nothing);
  counts.add({}, truth);
  auto elsewhere = truth;
  elsewhere.position = LesionPosition::lower_left;
  elsewhere.finding = "malignant mass";
  counts.add(elsewhere, truth);
  EXPECT_EQ(counts.images, 6);
  EXPECT_EQ(counts.finding_right, 2);
  EXPECT_EQ(counts.lesion_images, 4);
  EXPECT_EQ(counts.lesion_finding_right, 1);
  EXPECT_EQ(counts.position_right, 1);
  EXPECT_EQ(counts.size_right, 2);
  EXPECT_EQ(counts.shape_right, 2);
  EXPECT_EQ(counts.count_right, 2);
}

TEST(LesionWords, Plurals) {
  EXPECT_EQ(plural_of("polyp"), "polyps");
  EXPECT_EQ(plural_of("benign mass"), "benign masses");
  EXPECT_EQ(plural_of("anomaly"), "anomalies");
  EXPECT_EQ(plural_of("ray"), "rays");
  EXPECT_THAT((std::vector<std::string>{plural_of("patch"), plural_of("box")}), ElementsAre("patches", "boxes"));
}

}  // namespace
}  // namespace fovea::text
