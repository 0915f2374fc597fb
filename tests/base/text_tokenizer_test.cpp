#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "text/load_tokenizer.hpp"

namespace fovea::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Ids = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

std::shared_ptr<const Tokenizer> load(const std::string& name, const TokenizerOptions& options = {}) {
  return load_tokenizer(std::filesystem::path(FOVEA_TEST_DATA_DIR "/text/tokenizers") / name, options);
}

/// "text[first+count]" of each word of a text.
Texts words_of(const Tokenizer& tokenizer, const std::string& text, bool special = false) {
  Texts words;
  for (const auto& word : tokenizer.words(tokenizer.encode(text, special)))
    words.push_back(word.text + "[" + std::to_string(word.first) + "+" + std::to_string(word.count) + "]");
  return words;
}

/// The tokens that a text is made of.
Texts tokens_of(const Tokenizer& tokenizer, const std::string& text) {
  Texts tokens;
  for (const auto id : tokenizer.encode(text, false)) tokens.emplace_back(tokenizer.token(id).value());
  return tokens;
}

TEST(Tokenizer, WordPieceMakesWordsOfPieces) {
  const auto tokenizer = load("bert_json");
  EXPECT_THAT(tokens_of(*tokenizer, "Dogs walking."),
              ElementsAre("dog", "##s", "w", "##a", "##l", "##k", "##ing", "."));
  EXPECT_THAT(words_of(*tokenizer, "Dogs walking."), ElementsAre("dogs[0+2]", "walking[2+5]", ".[7+1]"));
  // The classifier token is no word, and one inside the text divides words.
  EXPECT_THAT(words_of(*tokenizer, "Dogs[SEP]walking", true), ElementsAre("dogs[1+2]", "walking[4+5]"));
  EXPECT_THAT(tokenizer->words(Ids{}), IsEmpty());
}

TEST(Tokenizer, ByteLevelBpeMakesWordsOfPieces) {
  const auto tokenizer = load("gpt2_json");
  const std::string text = "A  dog doesn't care,\n\nit's 12 \xF0\x9F\x91\x8D.";
  EXPECT_THAT(tokenizer->decode(tokenizer->encode(text, true), true), text);
  Texts words;
  const auto ids = tokenizer->encode(text, true);
  for (const auto& word : tokenizer->words(ids)) words.push_back(word.text);
  EXPECT_THAT(words, ElementsAre("A", "dog", "doesn't", "care", ",", "it's", "12", "\xF0\x9F\x91\x8D."));
  for (const auto& word : tokenizer->words(ids)) {
    const auto part = tokenizer->decode(std::span(ids).subspan(word.first, word.count), true);
    EXPECT_THAT(part, testing::AnyOf(word.text, " " + word.text));
  }
}

TEST(Tokenizer, AWordMayEndInsideACharacter) {
  const auto tokenizer = load("gpt2_json");
  auto ids = tokenizer->encode("dog \xE7\x8A\xAC", false);
  ids.pop_back();  // the last byte of the character
  const auto words = tokenizer->words(ids);
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[1].text, "\xEF\xBF\xBD");
  EXPECT_EQ(words[1].first + words[1].count, ids.size());
  EXPECT_EQ(tokenizer->decode(ids, true), "dog \xEF\xBF\xBD");
}

TEST(Tokenizer, CleansUpSpacesWhenItIsAskedTo) {
  const auto ids = load("bert_json")->encode("the dog's ball , it isn't ' his '", false);
  EXPECT_EQ(load("bert_json")->decode(ids, true), "the dog ' s ball, it isn ' t ' his '");
  EXPECT_EQ(load("bert_json", {.clean_up_spaces = true})->decode(ids, true), "the dog's ball, it isn't'his '");
  // bert_files asks for it in its tokenizer_config.json.
  const auto tokenizer = load("bert_files");
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("the dog's ball", false), true), "the dog's ball");
  EXPECT_EQ(load("bert_files", {.clean_up_spaces = false})->decode(tokenizer->encode("the dog's ball", false), true),
            "the dog ' s ball");
}

TEST(Tokenizer, KnowsSpecialTokens) {
  const auto bert = load("bert_json");
  EXPECT_EQ(bert->special_tokens().classifier, 2);
  EXPECT_EQ(bert->special_tokens().separator, 3);
  EXPECT_EQ(bert->special_tokens().padding, 0);
  EXPECT_EQ(bert->special_tokens().begin, std::nullopt);
  EXPECT_TRUE(bert->is_special(2));
  EXPECT_TRUE(bert->is_special(bert->id("[DEC]").value()));
  EXPECT_FALSE(bert->is_special(bert->id("<l>").value()));
  EXPECT_EQ(load("bert_files")->special_tokens().begin, 700);  // named in special_tokens_map.json

  const auto gpt2 = load("gpt2_files");
  EXPECT_EQ(gpt2->special_tokens().begin, 0);
  EXPECT_EQ(gpt2->special_tokens().end, 0);
  EXPECT_EQ(gpt2->special_tokens().padding, std::nullopt);
  EXPECT_EQ(load("roberta_files")->special_tokens().mask, 500);
}

TEST(Tokenizer, KnowsTokensByIdAndIdsByToken) {
  const auto tokenizer = load("roberta_files");
  EXPECT_EQ(tokenizer->size(), 501);
  EXPECT_EQ(tokenizer->token(500), "<mask>");
  EXPECT_EQ(tokenizer->id("<mask>"), 500);
  for (std::int64_t id = 0; id < tokenizer->size(); ++id) EXPECT_EQ(tokenizer->id(tokenizer->token(id).value()), id);
  EXPECT_EQ(tokenizer->token(501), std::nullopt);
  EXPECT_EQ(tokenizer->token(-1), std::nullopt);
  EXPECT_EQ(tokenizer->id("no such token"), std::nullopt);
}

TEST(Tokenizer, LeavesOutIdsWithoutATokenAndRefusesNegativeOnes) {
  const auto tokenizer = load("gpt2_json");
  const auto dog = tokenizer->encode("dog", false);
  Ids ids = dog;
  ids.insert(ids.begin(), 1'000'000'000'000);
  ids.push_back(tokenizer->size());
  EXPECT_EQ(tokenizer->decode(ids, false), "dog");
  EXPECT_THAT(tokenizer->words(ids), ElementsAre(WordSpan{"dog", 1, dog.size()}));
  EXPECT_FALSE(tokenizer->is_special(-1));
  EXPECT_THROW(tokenizer->decode(Ids{-1}, false), Error);
  EXPECT_THROW(tokenizer->words(Ids{3, -1}), Error);
}

TEST(Tokenizer, LongTextsDoNotTakeQuadraticTime) {
  for (const auto* name : {"bert_json", "gpt2_json", "bpe_options"}) {
    const auto tokenizer = load(name);
    EXPECT_FALSE(tokenizer->encode(std::string(300'000, 'a'), false).empty());
    EXPECT_FALSE(tokenizer->encode("a" + std::string(300'000, '\xCC'), false).empty());
  }
}

}  // namespace
}  // namespace fovea::text
