#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "metrics/ending.hpp"

namespace fovea::metrics {
namespace {

using Captions = std::vector<std::vector<std::string>>;

TEST(OpenEnding, KnowsTheWordsThatNeedAnother) {
  for (const char* word :
       {"a", "the", "an", "and", "or", "while", "because", "in", "on", "of", "with", "aboard", "without"})
    EXPECT_TRUE(is_open_ending(word)) << word;
  for (const char* word : {"dog", "grass", "running", "", "n't", "'s", "together", "away", "The"})
    EXPECT_FALSE(is_open_ending(word)) << word;
}

TEST(OpenEnding, ShareCountsLastWordsOnly) {
  const Captions captions{{"a", "dog", "in", "the"}, {"on", "a", "hill"}, {"a", "man", "and"}, {}};
  EXPECT_DOUBLE_EQ(open_ending_share(captions), 0.5);
  EXPECT_DOUBLE_EQ(open_ending_share(Captions{{"dog"}}), 0);
}

TEST(OpenEnding, RefusesNoCaptions) { EXPECT_THROW(open_ending_share(Captions{}), Error); }

}  // namespace
}  // namespace fovea::metrics
