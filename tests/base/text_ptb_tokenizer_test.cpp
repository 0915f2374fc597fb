#include <chrono>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared_data.hpp"
#include "text/ptb_tokenizer.hpp"

namespace fovea::text {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using Tokens = std::vector<std::string>;

std::string joined(const Tokens& tokens) {
  std::string text;
  for (const auto& token : tokens) text += (text.empty() ? "" : " ") + token;
  return text;
}

// Made by pycocoevalcap itself: tests/reference/ptb_goldens.py.
TEST(PtbTokenizer, EqualsTheGoldens) {
  std::ifstream file(FOVEA_TEST_DATA_DIR "/text/ptb_goldens.jsonl");
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const json golden = json::parse(line);
    const auto text = golden.at("text").get<std::string>();
    EXPECT_EQ(ptb_tokenize(text), golden.at("tokens").get<Tokens>()) << "text: " << text;
  }
  EXPECT_GT(count, 600);
}

TEST(PtbTokenizer, EqualsTheSharedTokenizedCaptions) {
  const auto folder = tests::shared_dir() / "data" / "metrics";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared data; EqualsTheGoldens is the smaller test";
  int count = 0;
  const auto check = [&](const json& raw, const json& tokenized) {
    ++count;
    EXPECT_EQ(joined(ptb_tokenize(raw.get<std::string>())), tokenized.get<std::string>()) << "text: " << raw;
  };
  for (const auto* name : {"human_first_vs_other4", "constant_caption", "shifted_human"}) {
    const json set = json::parse(std::ifstream(folder / (std::string(name) + ".json")));
    for (const auto& [image, raw] : set.at("raw").items()) {
      const json& tokenized = set.at("tokenized").at(image);
      check(raw.at("hypothesis"), tokenized.at("hypothesis"));
      if (!raw.contains("references")) continue;
      for (std::size_t i = 0; i < raw["references"].size(); ++i)
        check(raw["references"][i], tokenized["references"][i]);
    }
  }
  EXPECT_EQ(count, 7000);
}

TEST(PtbTokenizer, TextWithoutWordsHasNoTokens) {
  for (const char* text : {"", " ", "\n\t\r ", ".", "...", "\"\" '' -- ,;:", "\xC2\xA0"})
    EXPECT_THAT(ptb_tokenize(text), IsEmpty()) << '"' << text << '"';
}

TEST(PtbTokenizer, LineEndsAreSpaces) { EXPECT_THAT(ptb_tokenize("a\ndog\r\nruns"), ElementsAre("a", "dog", "runs")); }

TEST(PtbTokenizer, InvalidUtf8SeparatesTokens) {
  EXPECT_THAT(ptb_tokenize("a\xFF dog"), ElementsAre("a", "dog"));
  EXPECT_THAT(ptb_tokenize("caf\xC3"), ElementsAre("caf"));  // cut in the middle of a letter
  EXPECT_THAT(ptb_tokenize("a\xC0\xAF"
                           "b"),
              ElementsAre("a", "b"));  // overlong "/"
  EXPECT_THAT(ptb_tokenize("a\xED\xA0\x80"
                           "b"),
              ElementsAre("a", "b"));  // half a surrogate pair
  EXPECT_THAT(ptb_tokenize("a\xF5\x80\x80\x80"
                           "b"),
              ElementsAre("a", "b"));  // beyond Unicode
}

TEST(PtbTokenizer, ZeroBytesAndControlsSeparateTokens) {
  EXPECT_THAT(ptb_tokenize(std::string_view("a\0dog\x7F"
                                            "s",
                                            7)),
              ElementsAre("a", "dog", "s"));
}

// Hostile lines: rules that look far ahead must not do so from every place. Quadratic time would take hours.
TEST(PtbTokenizer, VeryLongInputTakesLinearTime) {
  for (const std::string piece : {"a", "a,", "a.", "a b@", "<a", "1/", "'", "A&", "www.", ". ", "\\", "\xC3\xA9-"}) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    const auto start = std::chrono::steady_clock::now();
    ptb_tokenize(text);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30)) << piece;
  }
}

TEST(PtbTokenizer, TokensOfTokensAreTheSame) {
  for (const char* text : {"The man's T-shirt can't be (really) red.", "Mr. Smith's U.S. flag", "two 3.5-inch pipes"}) {
    const Tokens tokens = ptb_tokenize(text);
    EXPECT_EQ(ptb_tokenize(joined(tokens)), tokens);
  }
}

TEST(ToSentence, JoinsWhatWasOneWord) {
  EXPECT_EQ(to_sentence({"a", "man", "'s", "dog", "is", "n't", "here"}), "A man's dog isn't here.");
  EXPECT_EQ(to_sentence({"they", "'re", "sure", "we", "'ll", "go"}), "They're sure we'll go.");
  EXPECT_EQ(to_sentence({"he", "can", "not", "jump"}), "He cannot jump.");
  EXPECT_EQ(to_sentence({"boys", "gon", "na", "run"}), "Boys gonna run.");
  EXPECT_EQ(to_sentence({"can", "men", "not", "run"}), "Can men not run.");
}

TEST(ToSentence, KeepsWordsWithHyphensApostrophesAndNumbers) {
  EXPECT_EQ(to_sentence({"a", "t-shirt"}), "A t-shirt.");
  EXPECT_EQ(to_sentence({"t-shirt", "and", "3.5", "miles"}), "T-shirt and 3.5 miles.");
  EXPECT_EQ(to_sentence({"2", "dogs", "in", "the", "'90s"}), "2 dogs in the '90s.");
  EXPECT_EQ(to_sentence({"rock", "'n'", "roll"}), "Rock 'n' roll.");
  EXPECT_EQ(to_sentence({"number", "#", "7", "has", "$", "5", "and", "50", "%"}), "Number #7 has $5 and 50%.");
  EXPECT_EQ(to_sentence({"a", "dog", "-lrb-", "brown", "-rrb-", "runs"}), "A dog (brown) runs.");
}

TEST(ToSentence, WritesCapitalsAndTheFullStop) {
  EXPECT_EQ(to_sentence({"i", "think", "i", "'m", "here"}), "I think I'm here.");
  EXPECT_EQ(to_sentence({"\xC3\xA9t\xC3\xA9"}), "\xC3\x89t\xC3\xA9.");
  EXPECT_EQ(to_sentence({"the", "u.s."}), "The u.s.");
  EXPECT_EQ(to_sentence({"dog"}), "Dog.");
}

TEST(ToSentence, NoWordsMakeNoSentence) {
  EXPECT_EQ(to_sentence({}), "");
  EXPECT_EQ(to_sentence({"", ""}), "");
}

TEST(ToSentence, TokenizesBackToItsWords) {
  for (const char* text :
       {"a man 's t-shirt is n't red", "he can not pay $ 5 -lrb- or 50 % -rrb-", "y' all gon na run"}) {
    std::istringstream stream(text);
    Tokens words{std::istream_iterator<std::string>(stream), {}};
    EXPECT_EQ(ptb_tokenize(to_sentence(words)), words);
  }
}

}  // namespace
}  // namespace fovea::text
