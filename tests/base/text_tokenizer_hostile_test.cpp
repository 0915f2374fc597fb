/// Broken and unsupported tokenizer files: each gets an error that says what is wrong.
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "text/load_tokenizer.hpp"

namespace fovea::text {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

/// A small WordPiece tokenizer.
json word_piece() {
  return json::parse(R"({
    "version": "1.0",
    "added_tokens": [{"id": 1, "content": "[CLS]", "special": true, "normalized": false, "lstrip": false,
                      "rstrip": false, "single_word": false}],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                   "strip_accents": null, "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 1], "sep": ["[SEP]", 2]},
    "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100,
              "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "dog": 3, "##s": 4}}})");
}

/// A small byte-level BPE tokenizer.
json bpe() {
  return json::parse(R"({
    "version": "1.0", "added_tokens": [], "normalizer": null,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
    "post_processor": null,
    "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
    "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
              "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
              "vocab": {"d": 0, "o": 1, "g": 2, "do": 3, "dog": 4}, "merges": [["d", "o"], ["do", "g"]]}})");
}

/// The message of the error that a folder gets, or what a tokenizer that was loaded makes of "dogs".
std::string result_of(const tests::TempFolder& folder, ErrorCode* code = nullptr) {
  try {
    const auto tokenizer = load_tokenizer(folder.path());
    const auto ids = tokenizer->encode("dogs", true);
    return "accepted: " + json(ids).dump() + tokenizer->decode(ids, true);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(folder.path().string()));
    if (code != nullptr) *code = error.code();
    return error.what();
  }
}

/// The same of a tokenizer.json, given as text or with one value changed.
std::string result_of(const std::string& text) {
  const tests::TempFolder folder;
  folder.write("tokenizer.json", text);
  return result_of(folder);
}
std::string result_of(json tokenizer, const char* pointer, const json& value) {
  tokenizer[json::json_pointer(pointer)] = value;
  return result_of(tokenizer.dump());
}
std::string result_without(json tokenizer, const char* part, const char* key) {
  tokenizer[part].erase(key);
  return result_of(tokenizer.dump());
}

TEST(HostileTokenizer, TheSmallOnesAreAccepted) {
  EXPECT_EQ(result_of(word_piece().dump()), "accepted: [1,3,4,2]dogs");
  EXPECT_EQ(result_of(bpe().dump()), "accepted: [4]dog");
}

TEST(HostileTokenizer, BrokenJsonIsRefused) {
  EXPECT_THAT(result_of(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(result_of("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(result_of("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(result_of("{}"), HasSubstr("'model' is missing"));
  EXPECT_THAT(result_of("{\"model\": 3}"), HasSubstr("expected an object, found 3"));
  EXPECT_THAT(result_of(std::string("{\"model\": \"\xFF\"}")), HasSubstr("not valid JSON"));
  EXPECT_THAT(result_of(std::string(1'000'000, '[')), HasSubstr("not valid JSON"));
  const std::string depth(100'000, '[');  // deeper than a recursive function could follow
  const std::string end(100'000, ']');
  EXPECT_THAT(result_of(R"({"model": {"type": "BPE", "dropout": )" + depth + end + "}}"), HasSubstr("dropout"));
  EXPECT_THAT(result_of(R"({"model": )" + depth + end + "}"), HasSubstr("expected an object, found a JSON array"));
  const auto whole = word_piece().dump();
  for (std::size_t size = 0; size < whole.size(); size += 7)
    EXPECT_THAT(result_of(whole.substr(0, size)), HasSubstr("not valid JSON")) << size;
}

TEST(HostileTokenizer, OtherKindsAreRefusedByName) {
  EXPECT_THAT(result_of(bpe(), "/model/type", "Unigram"), HasSubstr("model Unigram is not supported"));
  EXPECT_THAT(result_of(bpe(), "/model/type", "WordLevel"), HasSubstr("model WordLevel is not supported"));
  EXPECT_THAT(result_of(bpe(), "/normalizer", {{"type", "NFC"}}), HasSubstr("normalizer NFC"));
  EXPECT_THAT(result_of(bpe(), "/pre_tokenizer", {{"type", "Metaspace"}}), HasSubstr("pre_tokenizer Metaspace"));
  EXPECT_THAT(result_of(bpe(), "/pre_tokenizer", nullptr), HasSubstr("pre_tokenizer none"));
  EXPECT_THAT(result_of(bpe(), "/decoder/type", "BPEDecoder"), HasSubstr("decoder BPEDecoder"));
  EXPECT_THAT(result_of(bpe(), "/model/end_of_word_suffix", "</w>"), HasSubstr("end_of_word_suffix \"</w>\""));
  EXPECT_THAT(result_of(bpe(), "/model/continuing_subword_prefix", "##"), HasSubstr("continuing_subword_prefix"));
  EXPECT_THAT(result_of(bpe(), "/model/byte_fallback", true), HasSubstr("byte_fallback"));
  EXPECT_THAT(result_of(bpe(), "/model/dropout", 0.1), HasSubstr("dropout is not supported"));
  EXPECT_THAT(result_of(bpe(), "/version", "2.0"), HasSubstr("version \"2.0\""));
  EXPECT_THAT(result_of(word_piece(), "/normalizer/type", "Lowercase"), HasSubstr("normalizer Lowercase"));
  EXPECT_THAT(result_of(word_piece(), "/pre_tokenizer/type", "Whitespace"), HasSubstr("pre_tokenizer Whitespace"));
  EXPECT_THAT(result_of(word_piece(), "/decoder/type", "Metaspace"), HasSubstr("decoder Metaspace"));
  EXPECT_THAT(result_of(word_piece(), "/post_processor/type", "Other"), HasSubstr("post_processor Other"));
}

TEST(HostileTokenizer, BadVocabulariesAreRefused) {
  EXPECT_THAT(result_of(word_piece(), "/model/vocab/cat", 3),
              AllOf(HasSubstr("has the id 3, which is also that of"), HasSubstr("\"cat\"")));
  EXPECT_THAT(result_of(word_piece(), "/model/vocab/cat", -1), HasSubstr("token \"cat\" has the id -1"));
  EXPECT_THAT(result_of(word_piece(), "/model/vocab/cat", 4'000'000'000), HasSubstr("has the id 4000000000"));
  EXPECT_THAT(result_of(word_piece(), "/model/vocab/cat", 18'446'744'073'709'551'615U), HasSubstr("an integer"));
  EXPECT_THAT(result_of(word_piece(), "/model/vocab/cat", nlohmann::json::array({"a", "b"})),
              HasSubstr("found a JSON array"));
  EXPECT_THAT(result_of(word_piece(), "/model/vocab/cat", 5.5), HasSubstr("\"cat\": expected an integer, found 5.5"));
  EXPECT_THAT(result_of(word_piece(), "/model/vocab/cat", "5"), HasSubstr("found \"5\""));
  EXPECT_THAT(result_of(word_piece(), "/model/vocab", json::array({"dog"})), HasSubstr("expected an object"));
  EXPECT_THAT(result_of(word_piece(), "/model/vocab", json::object()),
              HasSubstr("\"[UNK]\" is not among the 0 tokens"));
  EXPECT_THAT(result_of(word_piece(), "/model/unk_token", "<unk>"), HasSubstr("\"<unk>\" is not among the 5 tokens"));
  EXPECT_THAT(result_of(word_piece(), "/model/max_input_chars_per_word", -1), HasSubstr("is -1, expected 0 or more"));
  EXPECT_THAT(result_without(word_piece(), "model", "vocab"), HasSubstr("'vocab' is missing"));
  EXPECT_THAT(result_without(word_piece(), "model", "unk_token"), HasSubstr("'unk_token' is missing"));
  EXPECT_THAT(result_of(bpe(), "/model/unk_token", "<unk>"), HasSubstr("\"<unk>\" is not in the vocabulary"));
}

TEST(HostileTokenizer, HolesAreLeftBetweenIds) {
  EXPECT_EQ(result_of(word_piece(), "/model/vocab/##s", 1000), "accepted: [1,3,1000,2]dogs");
  auto tokenizer = word_piece();
  tokenizer["model"]["vocab"]["##s"] = 5;
  tokenizer["added_tokens"].push_back({{"id", 6}, {"content", "new"}});
  EXPECT_THAT(result_of(tokenizer.dump()), HasSubstr("would get the id 5, which is that of \"##s\""));
}

TEST(HostileTokenizer, BadMergesAreRefused) {
  EXPECT_THAT(result_of(bpe(), "/model/merges/1", {"do", "x"}), HasSubstr("merge 2 is \"do\" and \"x\", but \"x\""));
  EXPECT_THAT(result_of(bpe(), "/model/merges/1", {"d", "g"}), HasSubstr("but \"dg\" is not in the vocabulary"));
  EXPECT_THAT(result_of(bpe(), "/model/merges/1", {"d"}), HasSubstr("merges[1]: expected two tokens"));
  EXPECT_THAT(result_of(bpe(), "/model/merges/1", "do  g"), HasSubstr("merges[1]: expected two tokens"));
  EXPECT_THAT(result_of(bpe(), "/model/merges/1", 7), HasSubstr("merges[1]: expected two tokens"));
  EXPECT_THAT(result_of(bpe(), "/model/merges", "d o"), HasSubstr("expected a list"));
  EXPECT_THAT(result_without(bpe(), "model", "merges"), HasSubstr("'merges' is missing"));
  EXPECT_EQ(result_of(bpe(), "/model/merges/1", "do g"), "accepted: [4]dog");
}

TEST(HostileTokenizer, BadAddedTokensAndTemplatesAreRefused) {
  EXPECT_THAT(result_of(word_piece(), "/added_tokens/0/id", -1), HasSubstr("added_tokens[0].id: is -1"));
  EXPECT_THAT(result_of(word_piece(), "/added_tokens/0/id", "1"), HasSubstr("expected an integer"));
  EXPECT_THAT(result_of(word_piece(), "/added_tokens/0", 5), HasSubstr("added_tokens[0]: expected an object"));
  EXPECT_THAT(result_of(word_piece(), "/added_tokens/0/special", "yes"), HasSubstr("expected true or false"));
  EXPECT_THAT(result_of(word_piece(), "/post_processor/cls", {"[CLS]", 77}),
              HasSubstr("the id 77 is to be put around a text, but there is no such token"));
  EXPECT_THAT(result_of(word_piece(), "/post_processor/cls", {"[CLS]", -7}), HasSubstr("the id -7"));
  EXPECT_THAT(result_of(word_piece(), "/post_processor/cls", {"[CLS]"}), HasSubstr("a token and its id"));

  const auto with_template = [](const json& single) {
    return result_of(word_piece(), "/post_processor",
                     {{"type", "TemplateProcessing"},
                      {"single", single},
                      {"special_tokens", {{"[CLS]", {{"id", "[CLS]"}, {"ids", {1}}, {"tokens", {"[CLS]"}}}}}}});
  };
  const json text{{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const json begin{{"SpecialToken", {{"id", "[CLS]"}, {"type_id", 0}}}};
  EXPECT_EQ(with_template(json::array({begin, text})), "accepted: [1,3,4]dogs");
  EXPECT_THAT(with_template(json::array({begin})), HasSubstr("a template without a sequence"));
  EXPECT_THAT(with_template(json::array({text, text})), HasSubstr("a template with sequence A"));
  EXPECT_THAT(with_template(json::array({{{"SpecialToken", {{"id", "[X]"}}}}, text})), HasSubstr("'[X]' is missing"));

  json nested = {{"type", "ByteLevel"}};
  for (int i = 0; i < 1000; ++i) nested = {{"type", "Sequence"}, {"processors", json::array({nested})}};
  EXPECT_THAT(result_of(word_piece(), "/post_processor", nested), HasSubstr("Sequence this deep is not supported"));
}

TEST(HostileTokenizer, FewTokensStandAroundAText) {
  json pieces = json::array({{{"Sequence", {{"id", "A"}}}}});
  for (int i = 0; i < 40; ++i) pieces.push_back({{"SpecialToken", {{"id", "[CLS]"}}}});
  const auto with_ids = [&](std::size_t count) {
    return json{{"type", "TemplateProcessing"},
                {"single", pieces},
                {"special_tokens", {{"[CLS]", {{"ids", std::vector<int>(count, 1)}}}}}};
  };
  EXPECT_THAT(result_of(word_piece(), "/post_processor", with_ids(25)), HasSubstr("accepted"));
  EXPECT_THAT(result_of(word_piece(), "/post_processor", with_ids(26)),
              HasSubstr("post_processor: puts over 1024 tokens around a text"));
  const json twice{{"type", "Sequence"}, {"processors", json::array({with_ids(25), with_ids(25)})}};
  EXPECT_THAT(result_of(word_piece(), "/post_processor", twice), HasSubstr("puts over 1024 tokens"));
}

TEST(HostileTokenizer, AddedTokensHaveTheIdsThatFilesSay) {
  auto tokenizer = word_piece();
  tokenizer["added_tokens"].push_back({{"id", 5}, {"content", "dogs"}});
  EXPECT_EQ(result_of(tokenizer.dump()), "accepted: [1,5,2]dogs");
  EXPECT_THAT(result_of(tokenizer, "/added_tokens/1/id", 7),
              HasSubstr("the added token \"dogs\" should have the id 7, but gets the id 5"));
  EXPECT_THAT(result_of(tokenizer, "/added_tokens/0/id", 2),
              HasSubstr("\"[CLS]\" should have the id 2, but gets the id 1"));
}

TEST(HostileTokenizer, ManyAddedTokensTakeLittleTime) {
  auto tokenizer = word_piece();
  for (int i = 5; i < 100'005; ++i) {
    tokenizer["added_tokens"].push_back({{"id", i}, {"content", "<" + std::to_string(i) + ">"}});
  }
  EXPECT_THAT(result_of(tokenizer.dump()), HasSubstr("there are over 100000 added tokens"));
  json more = json::array();
  for (int i = 0; i < 90'000; ++i) more.push_back("<" + std::to_string(i) + ">");
  const tests::TempFolder folder;
  folder.write("tokenizer.json", word_piece().dump());
  folder.write("tokenizer_config.json", json{{"additional_special_tokens", more}}.dump());
  EXPECT_EQ(result_of(folder), "accepted: [1,3,4,2]dogs");
}

TEST(HostileTokenizer, OnlyFilesOfModestSizeAreRead) {
  const tests::TempFolder folder;
  ErrorCode code{};
  const auto file = folder.write("tokenizer.json", "");
  std::filesystem::resize_file(file, 128'000'001);
  EXPECT_THAT(result_of(folder, &code), HasSubstr("has 128000001 bytes; at most 128000000 are read"));
  EXPECT_EQ(code, ErrorCode::unsupported);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  EXPECT_THAT(result_of(folder, &code), HasSubstr("it is not a regular file"));
  std::filesystem::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_THAT(result_of(folder, &code), HasSubstr("it is not a regular file"));
  EXPECT_EQ(code, ErrorCode::io);
}

TEST(HostileTokenizer, FilesOfOlderTokenizersAreChecked) {
  const tests::TempFolder empty;
  ErrorCode code{};
  EXPECT_THAT(result_of(empty, &code), HasSubstr("has no tokenizer: expected tokenizer.json"));
  EXPECT_EQ(code, ErrorCode::io);
  EXPECT_FALSE(has_tokenizer(empty.path()));

  const tests::TempFolder bert;
  bert.write("vocab.txt", "[UNK]\r\n[CLS]\r\n[SEP]\r\ndog\r\n##s\r\n");
  EXPECT_TRUE(has_tokenizer(bert.path()));
  EXPECT_EQ(result_of(bert), "accepted: [1,3,4,2]dogs");
  bert.write("vocab.txt", "dog\n[UNK]\n[CLS]\n[SEP]\n##s\ndog \n\n");  // the last "dog" counts
  EXPECT_EQ(result_of(bert), "accepted: [2,5,4,3]dogs");
  bert.write("vocab.txt", "[UNK]\n[CLS]\ndog\n");
  EXPECT_THAT(result_of(bert), HasSubstr("the sep_token \"[SEP]\" is not in the vocabulary"));
  bert.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\n\xFF\n");
  EXPECT_THAT(result_of(bert), HasSubstr("not valid UTF-8"));
  bert.write("tokenizer_config.json", R"({"tokenizer_class": "BertJapaneseTokenizer"})");
  EXPECT_THAT(result_of(bert, &code), HasSubstr("tokenizer_class \"BertJapaneseTokenizer\""));
  EXPECT_EQ(code, ErrorCode::unsupported);

  const tests::TempFolder gpt2;
  gpt2.write("vocab.json", R"({"d": 0, "o": 1, "g": 2, "do": 3, "dog": 4})");
  EXPECT_FALSE(has_tokenizer(gpt2.path()));
  gpt2.write("merges.txt", "#version: 0.2\nd o\ndo g\n");
  EXPECT_EQ(result_of(gpt2), "accepted: [4]dog");
  gpt2.write("merges.txt", "#version: 0.2\nd o\n\ndo g\n");
  EXPECT_THAT(result_of(gpt2), HasSubstr("merges.txt:3: expected two tokens"));
  gpt2.write("merges.txt", "d o\ndo gs\n");
  EXPECT_THAT(result_of(gpt2), HasSubstr("merge 2 is \"do\" and \"gs\""));
  gpt2.write("vocab.json", R"({"d": 0, "o": 0})");
  EXPECT_THAT(result_of(gpt2), HasSubstr("has the id 0, which is also that of \"d\""));
}

TEST(HostileTokenizer, ConfigurationsAreChecked) {
  const auto with = [](const char* name, const char* text) {
    const tests::TempFolder folder;
    folder.write("tokenizer.json", word_piece().dump());
    folder.write(name, text);
    return result_of(folder);
  };
  EXPECT_THAT(with("tokenizer_config.json", "{"), HasSubstr("tokenizer_config.json: not valid JSON"));
  EXPECT_THAT(with("tokenizer_config.json", R"({"do_lower_case": 1})"), HasSubstr("expected true or false, found 1"));
  EXPECT_THAT(with("tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "a"}}})"),
              HasSubstr("the key is no token id"));
  EXPECT_THAT(with("tokenizer_config.json", R"({"added_tokens_decoder": {"5": {}}})"),
              HasSubstr("'content' is missing"));
  EXPECT_THAT(with("tokenizer_config.json", R"({"additional_special_tokens": "a"})"), HasSubstr("expected a list"));
  EXPECT_THAT(with("special_tokens_map.json", R"({"bos_token": {"content": 1}})"), HasSubstr("expected a string"));
  EXPECT_THAT(with("added_tokens.json", R"({"a": 5, "b": 5})"), HasSubstr("the id is also another token's"));
  EXPECT_EQ(with("tokenizer_config.json", R"({"sep_token": "[SEP]", "bos_token": "dogs"})"), "accepted: [1,5,2]");
}

}  // namespace
}  // namespace fovea::text
