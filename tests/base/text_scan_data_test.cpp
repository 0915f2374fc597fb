#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "text/scan_data.hpp"

namespace fovea::text {
namespace {

using testing::HasSubstr;

std::string refusal_of(const std::string& text) {
  const tests::TempFolder folder;
  try {
    read_scan_data(folder.write("data.jsonl", text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt);
    return error.what();
  }
  return "accepted";
}

TEST(ScanData, OnlyTheImageMustBeThere) {
  const tests::TempFolder folder;
  const auto examples = read_scan_data(folder.write("data.jsonl",
                                                    "{\"image\": \"a.png\"}\n\n{\"image\": \"b.png\", \"mask\": "
                                                    "\"m/b.png\", \"label\": \"benign\", \"group\": \"7\", "
                                                    "\"other\": 1}\n{\"image\": \"/c.png\", \"mask\": null}\n"));
  ASSERT_EQ(examples.size(), 3U);
  EXPECT_EQ(examples[0].image, folder / "a.png");
  EXPECT_TRUE(examples[0].mask.empty());
  EXPECT_EQ(examples[1].mask, folder / "m/b.png");
  EXPECT_EQ(examples[1].label, "benign");
  EXPECT_EQ(examples[1].group, "7");
  EXPECT_EQ(examples[2].image, "/c.png");
  EXPECT_TRUE(examples[2].mask.empty());
}

TEST(ScanData, NamesTheLineThatIsMalformed) {
  const std::string good = "{\"image\": \"a.png\"}\n";
  EXPECT_THAT(refusal_of(good + "{"), HasSubstr(":2: the line is not JSON"));
  EXPECT_THAT(refusal_of("{\"mask\": \"a.png\"}"), HasSubstr("there is no \"image\""));
  EXPECT_THAT(refusal_of("{\"image\": \"a.png\", \"label\": 3}"), HasSubstr("\"label\" is 3"));
  EXPECT_THAT(refusal_of(good + good), HasSubstr("named before, in line 1"));
  EXPECT_THAT(refusal_of("\n"), HasSubstr("no example"));
}

}  // namespace
}  // namespace fovea::text
