#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "shared_data.hpp"
#include "text/caption_data.hpp"

namespace fovea::text {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class CaptionData : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() / ("fovea_" + std::string(test->name()) + ".jsonl");
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::vector<CaptionExample> read(const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
    return read_caption_data(path_);
  }

  /// The message of the error that reading this content throws, without the path.
  std::string refusal_of(const std::string& content) {
    try {
      read(content);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt);
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with(path_.string() + ":")) << message;
      return message.substr(path_.string().size());
    }
    return "accepted";
  }

  std::filesystem::path path_;
};

TEST_F(CaptionData, ReadsExamplesInFileOrder) {
  const auto examples = read(
      "{\"image\": \"b/1.jpg\", \"captions\": [\"A dog .\", \"caf\xC3\xA9\"], \"split\": 3}\r\n\n"
      "{\"image\": \"/abs/2.jpg\", \"captions\": [\"\"]}");
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].image, path_.parent_path() / "b/1.jpg");
  EXPECT_THAT(examples[0].captions, ElementsAre("A dog .", "caf\xC3\xA9"));
  EXPECT_EQ(examples[1].image, "/abs/2.jpg");
  EXPECT_THAT(examples[1].captions, ElementsAre(""));
}

TEST_F(CaptionData, NamesTheLineThatIsMalformed) {
  const std::string good = R"({"image": "1.jpg", "captions": ["a"]})"
                           "\n";
  EXPECT_THAT(refusal_of(good + "\n{\"image\": \"2.j"), HasSubstr(":3: the line is not JSON"));
  EXPECT_THAT(refusal_of(good + "[]\n"), HasSubstr(":2: the line is a JSON array"));
  EXPECT_THAT(refusal_of(R"({"captions": ["a"]})"), HasSubstr(":1: there is no \"image\""));
  EXPECT_THAT(refusal_of(R"({"image": 5, "captions": ["a"]})"), HasSubstr("\"image\" is 5"));
  EXPECT_THAT(refusal_of(R"({"image": "", "captions": ["a"]})"), HasSubstr("\"image\" is \"\""));
  EXPECT_THAT(refusal_of(R"({"image": "1.jpg"})"), HasSubstr("there is no \"captions\""));
  EXPECT_THAT(refusal_of(R"({"image": "1.jpg", "captions": "a"})"), HasSubstr("\"captions\" is a JSON string"));
  EXPECT_THAT(refusal_of(R"({"image": "1.jpg", "captions": []})"), HasSubstr("\"captions\" is empty"));
  EXPECT_THAT(refusal_of(R"({"image": "1.jpg", "captions": ["a", null]})"), HasSubstr("a caption is null"));
  EXPECT_THAT(refusal_of("{\"image\": \"1.jpg\", \"captions\": [\"\xFF\"]}"), HasSubstr("not JSON"));
}

TEST_F(CaptionData, RefusesAnImageNamedTwice) {
  EXPECT_THAT(refusal_of(R"({"image": "1.jpg", "captions": ["a"]})"
                         "\n"
                         R"({"image": "1.jpg", "captions": ["b"]})"),
              HasSubstr(":2: image"));
}

TEST_F(CaptionData, RefusesAFileWithoutExamples) {
  EXPECT_THAT(refusal_of(""), HasSubstr("there is no example"));
  EXPECT_THAT(refusal_of(" \n\n"), HasSubstr("there is no example"));
}

TEST_F(CaptionData, SaysWhatCannotBeOpened) {
  for (const std::filesystem::path path : {"/nonexistent/x.jsonl", "/"}) {
    try {
      read_caption_data(path);
      ADD_FAILURE() << path << " was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::io) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(path.string()));
    }
  }
}

TEST(SharedCaptionData, ReadsFlickr8k) {
  const auto folder = tests::shared_dir() / "data" / "flickr8k";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared data; ReadsExamplesInFileOrder is the smaller test";
  const auto examples = read_caption_data(folder / "val.jsonl");
  ASSERT_EQ(examples.size(), 1000U);
  for (const auto& example : examples) {
    EXPECT_EQ(example.captions.size(), 5U);
    EXPECT_TRUE(std::filesystem::exists(example.image)) << example.image;
  }
}

}  // namespace
}  // namespace fovea::text
