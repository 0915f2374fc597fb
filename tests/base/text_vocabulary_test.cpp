#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "text/vocabulary.hpp"

namespace fovea::text {
namespace {

using testing::HasSubstr;
using Words = std::vector<std::string>;

const Words kSpecial{"<pad>", "<bos>", "<eos>", "<unk>"};

Words with_special(Words words) {
  words.insert(words.begin(), kSpecial.begin(), kSpecial.end());
  return words;
}

/// The message of the Error that making a vocabulary of these words throws.
std::string refusal_of(const Words& words) {
  try {
    Vocabulary{words};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    return error.what();
  }
  return "accepted";
}

TEST(Vocabulary, BuildKeepsFrequentWordsInOrder) {
  const std::vector<Words> captions{{"b", "a", "dog"}, {"a", "b", "cat"}, {"b", "a", "dog"}, {"b"}, {"<unk>", "<unk>"}};
  const auto vocabulary = Vocabulary::build(captions, 2);
  ASSERT_EQ(vocabulary.size(), 7);
  EXPECT_EQ(vocabulary.word(Vocabulary::kUnknown), "<unk>");
  EXPECT_EQ(vocabulary.word(4), "b");    // 4 times
  EXPECT_EQ(vocabulary.word(5), "a");    // 3 times
  EXPECT_EQ(vocabulary.word(6), "dog");  // 2 times; cat is left out
  EXPECT_EQ(vocabulary.id("dog"), 6);
  EXPECT_EQ(vocabulary.id("cat"), Vocabulary::kUnknown);
}

TEST(Vocabulary, BuildBreaksTiesInByteOrder) {
  const std::vector<Words> captions{{"zebra", "\xC3\xA9t\xC3\xA9", "ant", "dog"}};
  const auto vocabulary = Vocabulary::build(captions, 1);
  Words words;
  for (std::int64_t id = 4; id < vocabulary.size(); ++id) words.push_back(vocabulary.word(id));
  EXPECT_THAT(words, testing::ElementsAre("ant", "dog", "zebra", "\xC3\xA9t\xC3\xA9"));
}

TEST(Vocabulary, SavesAndLoads) {
  const auto path = std::filesystem::temp_directory_path() / "fovea_vocabulary_test.txt";
  Vocabulary(with_special({"dog", "caf\xC3\xA9"})).save(path);
  const auto loaded = Vocabulary::load(path);
  EXPECT_EQ(loaded.size(), 6);
  EXPECT_EQ(loaded.id("caf\xC3\xA9"), 5);
  std::filesystem::remove(path);
}

TEST(Vocabulary, LoadAcceptsWindowsLineEndsAndNamesTheFileInErrors) {
  const auto path = std::filesystem::temp_directory_path() / "fovea_vocabulary_crlf_test.txt";
  std::ofstream(path, std::ios::binary) << "<pad>\r\n<bos>\r\n<eos>\r\n<unk>\r\ndog\r\n";
  EXPECT_EQ(Vocabulary::load(path).id("dog"), 4);
  std::ofstream(path, std::ios::binary) << "dog\n";
  try {
    Vocabulary::load(path);
    FAIL() << "a vocabulary without special words was loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
  }
  std::filesystem::remove(path);
}

TEST(Vocabulary, LoadSaysThatAFileIsMissing) {
  try {
    Vocabulary::load("/nonexistent/vocab.txt");
    FAIL() << "a missing file was loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_THAT(error.what(), HasSubstr("/nonexistent/vocab.txt"));
  }
}

TEST(Vocabulary, RefusesBadWordLists) {
  EXPECT_THAT(refusal_of({}), HasSubstr("<pad>"));
  EXPECT_THAT(refusal_of({"<pad>", "<eos>", "<bos>", "<unk>"}), HasSubstr("expected \"<bos>\""));
  EXPECT_THAT(refusal_of(with_special({"dog", "cat", "dog"})), HasSubstr("\"dog\" occurs twice"));
  EXPECT_THAT(refusal_of(with_special({"dog", ""})), HasSubstr("empty"));
  EXPECT_THAT(refusal_of(with_special({"hot dog"})), HasSubstr("white space"));
  EXPECT_EQ(refusal_of(kSpecial), "accepted");
}

TEST(Vocabulary, RefusesIdsOutside) {
  const Vocabulary vocabulary(kSpecial);
  EXPECT_THROW(vocabulary.word(-1), Error);
  EXPECT_THROW(vocabulary.word(4), Error);
}

}  // namespace
}  // namespace fovea::text
