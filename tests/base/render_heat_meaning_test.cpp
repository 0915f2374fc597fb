#include <gtest/gtest.h>

#include "render/heat_meaning.hpp"

namespace fovea::render {
namespace {

TEST(HeatMeaning, SaysWhatTheMapIsOf) {
  Finding finding;
  EXPECT_EQ(heat_meaning(finding), "Probability of an anomaly");
  finding.explained = "Lung Lesion";
  EXPECT_EQ(heat_meaning(finding), "Where the model looked for Lung Lesion");
}

TEST(HeatMeaning, LongLabelsAreCutBetweenCharacters) {
  Finding finding;
  finding.explained = std::string(39, 'a') + "\xC3\xA9 and more";
  EXPECT_EQ(heat_meaning(finding), "Where the model looked for " + std::string(39, 'a') + " ...");
}

}  // namespace
}  // namespace fovea::render
