#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/configuration_json.hpp"

namespace fovea::text {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string refusal(const std::string& document) {
  try {
    parse_configuration(document, "config.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::model);
    EXPECT_THAT(error.what(), StartsWith("config.json"));
    return error.what();
  }
  return "accepted";
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

/// An object of this many keys, as id2label and label2id are.
std::string object_of(std::size_t keys) {
  std::string text = "{";
  for (std::size_t i = 0; i < keys; ++i)
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"LABEL_" + std::to_string(i) + "\"";
  return text + "}";
}

TEST(ConfigurationJson, KeepsTheOrderOfKeys) {
  EXPECT_EQ(parse_configuration(R"({"b": [1, -2, 0.5], "a": {"x": null, "y": true}})", "config.json").dump(),
            R"({"b":[1,-2,0.5],"a":{"x":null,"y":true}})");
  EXPECT_EQ(parse_configuration(R"({"b": 1, "a": {}, "b": "last"})", "config.json").dump(), R"({"b":"last","a":{}})");
  EXPECT_EQ(parse_configuration("3", "config.json"), 3);
}

TEST(ConfigurationJson, SaysWhatIsNotJson) {
  EXPECT_THAT(refusal("{"), HasSubstr("config.json is not valid JSON"));
  EXPECT_THAT(refusal(""), HasSubstr("config.json is not valid JSON"));
  EXPECT_THAT(refusal("[1e999]"), HasSubstr("config.json is not valid JSON"));
}

TEST(ConfigurationJson, RefusesDepth) {
  EXPECT_EQ(refusal(nested(64)), "accepted");
  EXPECT_THAT(refusal(nested(65)), HasSubstr("nests over 64 objects and arrays"));
  EXPECT_THAT(refusal(std::string(200'000, '[')), HasSubstr("nests over 64"));
  EXPECT_THAT(refusal(R"({"a":)" + nested(200'000) + "}"), HasSubstr("nests over 64"));
}

TEST(ConfigurationJson, RefusesWhatWouldTakeLong) {
  EXPECT_THAT(refusal(object_of(1'000'000)), HasSubstr("an object has over 30000 keys"));
  std::string list = "[0";
  for (int i = 0; i < 200'000; ++i) list += ",0";
  EXPECT_THAT(refusal(list + "]"), HasSubstr("has over 200000 values"));
}

TEST(ConfigurationJson, OpensTheLargestLabelSetsSoon) {
  const std::string document = R"({"id2label":)" + object_of(21'841) + R"(,"label2id":)" + object_of(21'841) + "}";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(refusal(document), "accepted");
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(seconds.count(), 2);  // without sanitizers: 0.06 s
}

}  // namespace
}  // namespace fovea::text
