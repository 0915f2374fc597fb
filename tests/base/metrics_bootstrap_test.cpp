#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <gmock/gmock.h>

#include "base/metrics_goldens.hpp"
#include "fovea/highlight_metrics.hpp"

namespace fovea::metrics {
namespace {

using testing::HasSubstr;
using Doubles = std::vector<double>;
using Indices = std::span<const std::size_t>;

std::optional<double> zero(Indices) { return 0; }

TEST(Bootstrap, RefusesWhatCannotBeResampled) {
  EXPECT_THAT(refusal([] { bootstrap(0, zero); }), HasSubstr("no items"));
  EXPECT_THAT(refusal([] { bootstrap_mean({}); }), HasSubstr("no items"));
  EXPECT_THAT(refusal([] { bootstrap_mean(Doubles{1, NAN}); }), HasSubstr("value 1"));
  EXPECT_THAT(refusal([] { bootstrap(2, zero, {}, std::vector<std::int64_t>{1}); }), HasSubstr("of 1 items and 2"));
  EXPECT_THAT(refusal([] { bootstrap(2, zero, {.resamples = 99}); }), HasSubstr("resamples is 99"));
  EXPECT_THAT(refusal([] { bootstrap(2, zero, {.confidence = 1}); }), HasSubstr("confidence is 1"));
  EXPECT_THAT(refusal([] { bootstrap(2, zero, {.confidence = NAN}); }), HasSubstr("confidence is nan"));
  EXPECT_THAT(refusal([] { bootstrap(2, [](Indices) { return NAN; }); }), HasSubstr("the statistic is nan"));
}

class BootstrapGolden : public testing::Test {
 protected:
  /// The generators differ, so the ends agree up to what 20,000 and 100,000 resamples leave open.
  void expect_interval(const std::optional<Interval>& actual, const std::string& name) const {
    ASSERT_TRUE(actual.has_value());
    const double low = golden_.at(name).at(0);
    const double high = golden_.at(name).at(1);
    EXPECT_NEAR(actual->low, low, 0.03 * (high - low)) << name;
    EXPECT_NEAR(actual->high, high, 0.03 * (high - low)) << name;
  }

  nlohmann::json golden_ = highlight_goldens("bootstrap");
  Doubles values_ = golden_.at("values");
  BootstrapOptions options_{.resamples = 20'000};
};

TEST_F(BootstrapGolden, MeanOfItems) {
  const auto interval = bootstrap_mean(values_, options_);
  expect_interval(interval, "mean");
  EXPECT_NEAR(interval->value, std::accumulate(values_.begin(), values_.end(), 0.0) / 70, 1e-12);
}

TEST_F(BootstrapGolden, AnyStatistic) {
  const auto median = [&](Indices indices) -> std::optional<double> {
    Doubles drawn;
    for (const auto i : indices) drawn.push_back(values_[i]);
    std::sort(drawn.begin(), drawn.end());
    return (drawn[(drawn.size() - 1) / 2] + drawn[drawn.size() / 2]) / 2;
  };
  expect_interval(bootstrap(values_.size(), median, options_), "median");
}

TEST_F(BootstrapGolden, GroupsAreDrawnWhole) {
  const std::vector<std::int64_t> groups = golden_.at("groups");
  expect_interval(bootstrap_mean(values_, options_, groups), "mean_of_groups");
}

TEST(Bootstrap, TheSeedDecides) {
  const Doubles values{0.1, 0.5, 0.7, 0.9, 0.95};
  const auto first = bootstrap_mean(values);
  const auto again = bootstrap_mean(values);
  const auto other = bootstrap_mean(values, {.seed = 1});
  EXPECT_EQ(first->low, again->low);
  EXPECT_EQ(first->high, again->high);
  EXPECT_NE(std::pair(first->low, first->high), std::pair(other->low, other->high));
}

TEST(Bootstrap, ResamplesHoldWholeGroupsOfEverySize) {
  const std::vector<std::int64_t> groups{7, -1, 7, 7, 3};
  std::set<std::size_t> sizes;
  bootstrap(
      5,
      [&](Indices indices) -> std::optional<double> {
        const auto count = [&](std::size_t i) { return std::count(indices.begin(), indices.end(), i); };
        EXPECT_EQ(count(0), count(2));
        EXPECT_EQ(count(0), count(3));
        sizes.insert(indices.size());
        return 0;
      },
      {}, groups);
  EXPECT_THAT(sizes, testing::ElementsAre(3, 5, 7, 9));  // three groups of one or three items each
}

TEST(Bootstrap, WidensWithConfidenceAndShrinksToAPointWithoutSpread) {
  const Doubles values{0.1, 0.5, 0.7, 0.9, 0.95};
  const auto narrow = bootstrap_mean(values, {.confidence = 0.5});
  const auto wide = bootstrap_mean(values, {.confidence = 0.99});
  EXPECT_LT(wide->low, narrow->low);
  EXPECT_GT(wide->high, narrow->high);
  const auto point = bootstrap_mean(Doubles{0.25});
  EXPECT_EQ(point->low, 0.25);
  EXPECT_EQ(point->high, 0.25);
}

TEST(Bootstrap, UndefinedResamplesAreLeftOutUnlessTheyAreMost) {
  // Both classes are there in the items, but only in some of the resamples.
  const auto auroc_of = [](const Doubles& scores, const std::vector<std::uint8_t>& positive) {
    return bootstrap(scores.size(), [&](Indices indices) {
      Doubles drawn_scores;
      std::vector<std::uint8_t> drawn_classes;
      for (const auto i : indices) {
        drawn_scores.push_back(scores[i]);
        drawn_classes.push_back(positive[i]);
      }
      return auroc(drawn_scores, drawn_classes);
    });
  };
  const auto some = auroc_of({0.1, 0.4, 0.35, 0.8}, {0, 0, 1, 1});  // 7 of 8 resamples have both
  ASSERT_TRUE(some.has_value());
  EXPECT_DOUBLE_EQ(some->value, 0.75);
  EXPECT_EQ(some->high, 1);
  EXPECT_EQ(auroc_of({0.1, 0.4}, {0, 0}), std::nullopt);
  const auto rarely = [calls = 0](Indices) mutable -> std::optional<double> {
    return calls++ % 3 == 0 ? std::optional(1.0) : std::nullopt;
  };
  EXPECT_EQ(bootstrap(5, rarely), std::nullopt);
}

}  // namespace
}  // namespace fovea::metrics
