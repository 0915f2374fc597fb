#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "base/metrics_goldens.hpp"
#include "fovea/highlight_metrics.hpp"

namespace fovea::metrics {
namespace {

using testing::HasSubstr;
using Doubles = std::vector<double>;
using Classes = std::vector<std::uint8_t>;

constexpr double kTolerance = 1e-12;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Ranking, RefusesWhatIsNoRanking) {
  EXPECT_THAT(refusal([] { auroc({}, {}); }), HasSubstr("the list of scores is empty"));
  EXPECT_THAT(refusal([] { auroc(Doubles{1, 2}, Classes{1}); }), HasSubstr("2 values and that of classes has 1"));
  EXPECT_THAT(refusal([] { auroc(Doubles{1, kNaN}, Classes{1, 0}); }), HasSubstr("value 1 of the scores is nan"));
  EXPECT_THAT(refusal([] { average_precision(Doubles{1, INFINITY}, Classes{1, 0}); }), HasSubstr("inf"));
  EXPECT_THAT(refusal([] { decide(Doubles{1, 2}, Classes{1, 0}, kNaN); }), HasSubstr("the threshold is nan"));
}

TEST(Ranking, OneClassAloneIsUndefined) {
  const Doubles scores{0.1, 0.2};
  EXPECT_EQ(auroc(scores, Classes{0, 0}), std::nullopt);
  EXPECT_EQ(auroc(scores, Classes{1, 1}), std::nullopt);
  EXPECT_EQ(average_precision(scores, Classes{0, 0}), std::nullopt);
  EXPECT_EQ(average_precision(scores, Classes{1, 1}), 1);
  const auto none_there = decide(scores, Classes{0, 0}, 1);
  EXPECT_EQ(none_there.sensitivity(), std::nullopt);
  EXPECT_EQ(none_there.specificity(), 1);
  EXPECT_EQ(none_there.precision(), std::nullopt);
  EXPECT_EQ(none_there.f1(), std::nullopt);
  EXPECT_EQ(decide(scores, Classes{1, 1}, 0).specificity(), std::nullopt);
}

TEST(Ranking, IsThatOfScikitLearn) {
  const auto cases = highlight_goldens("rankings");
  EXPECT_EQ(cases.size(), 7);
  for (const auto& [name, golden] : cases.items()) {
    const Doubles scores = golden.at("scores");
    const Classes positive = golden.at("positive");
    expect_near(auroc(scores, positive), golden.at("auroc"), kTolerance, name);
    expect_near(average_precision(scores, positive), golden.at("average_precision"), kTolerance, name);
    const auto counts = decide(scores, positive, golden.at("threshold"));
    expect_near(counts.sensitivity(), golden.at("sensitivity"), kTolerance, name);
    expect_near(counts.specificity(), golden.at("specificity"), kTolerance, name);
    expect_near(counts.precision(), golden.at("precision"), kTolerance, name);
    expect_near(counts.f1(), golden.at("f1"), kTolerance, name);
  }
}

TEST(Ranking, ByHand) {
  // Of the 6 pairs of a positive and a negative 2 are in order, and one is tied.
  EXPECT_DOUBLE_EQ(*auroc(Doubles{0.9, 0.5, 0.5, 0.4, 0.2}, Classes{0, 1, 0, 1, 0}), 2.5 / 6);
  // Precision at the first positive 1/1, at the second 2/3.
  EXPECT_DOUBLE_EQ(*average_precision(Doubles{0.9, 0.8, 0.7, 0.1}, Classes{1, 0, 1, 0}), (1 + 2.0 / 3) / 2);
  const auto counts = decide(Doubles{0.5, 0.4, 0.5, 0.6}, Classes{1, 1, 0, 2}, 0.5);  // a score at the threshold counts
  EXPECT_EQ(counts.true_positives, 2);
  EXPECT_EQ(counts.false_negatives, 1);
  EXPECT_EQ(counts.false_positives, 1);
  EXPECT_EQ(counts.true_negatives, 0);
}

TEST(LabelScores, RefusesWhatIsNoPrediction) {
  const auto refusal_of = [](const LabelPredictions& predictions) {
    return refusal([&] { score_labels(predictions); });
  };
  EXPECT_THAT(refusal_of({1, {1.0}, {0}}), HasSubstr("labels is 1"));
  EXPECT_THAT(refusal_of({2, {}, {}}), HasSubstr("is empty"));
  EXPECT_THAT(refusal_of({2, {0.5, 0.5, 1}, {0, 1}}), HasSubstr("3 values"));
  EXPECT_THAT(refusal_of({2, {0.5, 0.5}, {2}}), HasSubstr("the true label of image 0 is 2: expected 0 to 1"));
  EXPECT_THAT(refusal_of({2, {0.5, 0.5}, {-1}}), HasSubstr("is -1"));
  EXPECT_THAT(refusal_of({2, {0.5, kNaN}, {0}}), HasSubstr("value 1 of the probabilities is nan"));
  EXPECT_THAT(refusal_of({2, {0.5, 0.5, 0.9, 0.9}, {0, 0}}), HasSubstr("of image 1 sum to 1.8"));
}

TEST(LabelScores, AreThoseOfScikitLearn) {
  const auto cases = highlight_goldens("labels");
  EXPECT_EQ(cases.size(), 3);
  for (const auto& [name, golden] : cases.items()) {
    const auto scores = score_labels({golden.at("labels"), golden.at("probabilities"), golden.at("truth")});
    for (std::size_t i = 0; i < scores.labels.size(); ++i) {
      const auto& label = scores.labels[i];
      const auto what = name + " label " + std::to_string(i);
      expect_near(label.auroc, golden.at("auroc").at(i), kTolerance, what);
      expect_near(label.average_precision, golden.at("average_precision").at(i), kTolerance, what);
      expect_near(label.decisions.f1(), golden.at("f1").at(i), kTolerance, what);
      expect_near(label.decisions.sensitivity(), golden.at("sensitivity").at(i), kTolerance, what);
    }
    expect_near(scores.macro_auroc, golden.at("macro_auroc"), kTolerance, name);
    EXPECT_NEAR(scores.macro_f1, golden.at("macro_f1"), kTolerance) << name;
    EXPECT_NEAR(scores.accuracy, golden.at("accuracy"), kTolerance) << name;
    EXPECT_NEAR(scores.negative_log_likelihood, golden.at("negative_log_likelihood"), kTolerance) << name;
    EXPECT_NEAR(scores.calibration_error, golden.at("calibration_error"), kTolerance) << name;
  }
}

TEST(LabelScores, ALabelThatNeverOccursIsLeftOut) {
  const auto scores = score_labels({3, {0.7, 0.2, 0.1, 0.3, 0.6, 0.1, 0.6, 0.3, 0.1}, {0, 1, 1}});
  EXPECT_EQ(scores.labels[2].images, 0);
  EXPECT_EQ(scores.labels[2].auroc, std::nullopt);
  EXPECT_EQ(scores.labels[2].decisions.f1(), std::nullopt);
  EXPECT_EQ(scores.macro_auroc, std::nullopt);
  EXPECT_DOUBLE_EQ(scores.macro_f1, 2.0 / 3);  // both others: 2 * 1 / (2 * 1 + 1)
}

TEST(LabelScores, TheFirstOfEquallyLikelyLabelsIsCalled) {
  const auto scores = score_labels({2, {0.5, 0.5}, {0}});
  EXPECT_EQ(scores.labels[0].decisions.true_positives, 1);
  EXPECT_EQ(scores.accuracy, 1);
}

TEST(Calibration, ErrorIsThatOfTheReference) {
  const auto golden = highlight_goldens("calibration");
  const Doubles probabilities = golden.at("probabilities");
  const Classes outcome = golden.at("outcome");
  for (const auto& [bins, error] : golden.at("errors").items()) {
    EXPECT_NEAR(expected_calibration_error(probabilities, outcome, std::stoi(bins)), error.get<double>(), kTolerance);
  }
}

TEST(Calibration, ByHand) {
  EXPECT_DOUBLE_EQ(expected_calibration_error(Doubles{1, 1, 0, 0}, Classes{1, 1, 0, 0}), 0);
  EXPECT_DOUBLE_EQ(expected_calibration_error(Doubles{1, 1, 0, 0}, Classes{0, 0, 1, 1}), 1);
  // The upper end of a bin belongs to it: 0.5 and 0.25 share the first of two, 1 lies in the second.
  EXPECT_DOUBLE_EQ(expected_calibration_error(Doubles{0.5, 0.25, 1}, Classes{1, 0, 0}, 2), (0.25 + 1) / 3);
  EXPECT_DOUBLE_EQ(negative_log_likelihood(Doubles{0.5, 0.25}), std::log(8.0) / 2);
  EXPECT_NEAR(negative_log_likelihood(Doubles{0}), 36.0437, 1e-4);
}

TEST(Calibration, RefusesWhatIsNoProbability) {
  EXPECT_THAT(refusal([] { expected_calibration_error(Doubles{1.1}, Classes{1}); }), HasSubstr("is 1.1"));
  EXPECT_THAT(refusal([] { expected_calibration_error(Doubles{1}, Classes{1}, 0); }), HasSubstr("bins is 0"));
  EXPECT_THAT(refusal([] { expected_calibration_error({}, {}); }), HasSubstr("is empty"));
  EXPECT_THAT(refusal([] { negative_log_likelihood(Doubles{kNaN}); }), HasSubstr("nan"));
  EXPECT_THAT(refusal([] { negative_log_likelihood({}); }), HasSubstr("is empty"));
}

}  // namespace
}  // namespace fovea::metrics
