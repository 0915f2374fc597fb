#include "nn/generation_config.hpp"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ForeignConfig config(const std::string& json, const std::string& source = "generation_config.json") {
  return {text::OrderedJson::parse(json), source};
}

std::string refusal_of(const std::string& json) {
  try {
    read_generation_config(config(json), {});
  } catch (const Error& e) {
    return e.what();
  }
  return "taken";
}

TEST(GenerationConfig, WithoutAnythingItIsTransformersDefault) {
  const auto found = read_generation_config(std::nullopt, {});
  EXPECT_EQ(found.options.beam, 1);
  EXPECT_EQ(found.options.max_length, 20);
  EXPECT_EQ(found.options.min_length, 0);
  EXPECT_EQ(found.options.no_repeat_ngram, 0);
  EXPECT_FALSE(found.options.sample);
  EXPECT_TRUE(found.ends.empty());
}

TEST(GenerationConfig, BesideItsOwnFileOthersSayTokensOnly) {
  const std::vector<ForeignConfig> others{
      config(R"({"num_beams": 2, "max_length": 9, "repetition_penalty": 1.5, "bos_token_id": 1})", "config.json"),
      config(R"({"pad_token_id": 5, "bos_token_id": 2})", "config.json: decoder")};
  const auto found =
      read_generation_config(config(R"({"num_beams": 4, "eos_token_id": [3, 7], "early_stopping": "never"})"), others);
  EXPECT_EQ(found.options.beam, 4);
  EXPECT_EQ(found.options.max_length, 20) << "transformers' default";
  EXPECT_THAT(found.ends, ElementsAre(3, 7));
  EXPECT_EQ(found.begin, 1);
  EXPECT_EQ(found.pad, 5);
  EXPECT_EQ(found.early_stopping, EarlyStopping::never);
}

TEST(GenerationConfig, WithoutItTheFirstFileThatHasAKeyCounts) {
  const std::vector<ForeignConfig> others{config(R"({"num_beams": 2, "eos_token_id": 9})", "config.json"),
                                          config(R"({"num_beams": 3, "length_penalty": 0.5})", "config.json: decoder")};
  const auto found = read_generation_config(std::nullopt, others);
  EXPECT_EQ(found.options.beam, 2);
  EXPECT_EQ(found.options.length_penalty, 0.5);
  EXPECT_THAT(found.ends, ElementsAre(9));
}

TEST(GenerationConfig, OldLengthsCountTheBeginToken) {
  const auto old = read_generation_config(config(R"({"max_length": 16, "min_length": 5})"), {});
  EXPECT_EQ(old.options.max_length, 15);
  EXPECT_EQ(old.options.min_length, 4);
  EXPECT_EQ(read_generation_config(config(R"({"max_length": 16, "max_new_tokens": 9})"), {}).options.max_length, 9);
}

TEST(GenerationConfig, WhatIsNotKnownIsRefusedByName) {
  EXPECT_EQ(refusal_of(R"({"repetition_penalty": 1.0, "num_beam_groups": 1})"), "taken");
  EXPECT_THAT(refusal_of(R"({"repetition_penalty": 1.5})"),
              AllOf(HasSubstr("generation_config.json"), HasSubstr("'repetition_penalty' is 1.5")));
  EXPECT_THAT(refusal_of(R"({"bad_words_ids": [[3]]})"), HasSubstr("'bad_words_ids' is [[3]]"));
  EXPECT_EQ(refusal_of(R"({"penalty_alpha": 0.0, "min_p": null})"), "taken");
  for (const char* key : {"min_p", "penalty_alpha", "force_words_ids", "stop_strings", "top_h", "max_time"}) {
    EXPECT_THAT(refusal_of(std::string(R"({"do_sample": true, ")") + key + R"(": 0.5})"), HasSubstr(key));
  }
  EXPECT_THAT(refusal_of(R"({"do_sample": true, "num_beams": 3})"), HasSubstr("'do_sample' with 'num_beams' 3"));
  EXPECT_THAT(refusal_of(R"({"num_beams": 0})"), HasSubstr("'num_beams' is 0"));
  EXPECT_THAT(refusal_of(R"({"early_stopping": "soon"})"), HasSubstr("'early_stopping'"));
}

TEST(CaptionChoices, ComeBeforeTheDefaults) {
  const CaptionOptions authors{.beam = 4, .max_length = 16, .min_length = 0, .no_repeat_ngram = 0};
  const auto found = with_choices(authors, {.beam = 2, .prompt = "a"});
  EXPECT_EQ(found.beam, 2);
  EXPECT_EQ(found.max_length, 16);
  EXPECT_EQ(found.prompt, "a");
  const auto sampled = with_choices(authors, {.sample = true, .temperature = 0.5});
  EXPECT_EQ(sampled.beam, 1);
  EXPECT_TRUE(sampled.sample);
  EXPECT_NO_THROW(validate(sampled));
}

TEST(CaptionChoices, ABeamSearchesWhereTheAuthorsDrawWords) {
  CaptionOptions authors{.beam = 1};
  authors.sample = true;
  authors.top_p = 0.9;
  const auto found = with_choices(authors, {.beam = 3});
  EXPECT_FALSE(found.sample);
  EXPECT_EQ(found.top_p, 1);
  EXPECT_NO_THROW(validate(found));
  EXPECT_TRUE(with_choices(authors, {}).sample);
}

TEST(CaptionChoices, WrongOnesAreRefusedWithoutAModel) {
  EXPECT_THROW(validate_choices({.beam = 0}), Error);
  EXPECT_THROW(validate_choices({.temperature = 0.5}), Error) << "only sampling has one";
  EXPECT_NO_THROW(validate_choices({.top = 8})) << "a model's own beam may be so wide";
}

}  // namespace
}  // namespace fovea::nn
