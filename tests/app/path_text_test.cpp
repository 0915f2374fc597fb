#include "pipeline/path_text.hpp"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace fovea::pipeline {
namespace {

TEST(PathText, LeavesUtf8Alone) {
  for (const std::string text :
       {"", "a/b.jpg", "K\xC3\xB6ln \xE2\x82\xAC \xF0\x9F\x90\xB1.png", "back\\slash", "a\\x4", "new\nline"}) {
    EXPECT_EQ(escape_path(text), text);
  }
}

TEST(PathText, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(escape_path("\xFF.jpg"), "\\xFF.jpg");
  EXPECT_EQ(escape_path("caf\xE9"), "caf\\xE9");                       // Latin-1
  EXPECT_EQ(escape_path("\xC3"), "\\xC3");                             // cut off
  EXPECT_EQ(escape_path("\xC0\xAF"), "\\xC0\\xAF");                    // overlong
  EXPECT_EQ(escape_path("\xED\xA0\x80"), "\\xED\\xA0\\x80");           // surrogate
  EXPECT_EQ(escape_path("\xF4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80");  // above U+10FFFF
}

TEST(PathText, DifferentPathsStayDifferent) {
  EXPECT_EQ(escape_path("\\xFF"), "\\x5CxFF");
  EXPECT_NE(escape_path("\xFF"), escape_path("\\xFF"));
}

TEST(PathText, MessagesKeepEscapesThatAreThere) {
  EXPECT_EQ(escape_message("cannot read \\xFF: \xFE"), "cannot read \\xFF: \\xFE");
}

TEST(PathText, NamesStandForPathsOnce) {
  const auto named = [](const std::string& message, const std::string& name) {
    return with_name_for_path(message, "/scans/1.dcm", name);
  };
  EXPECT_EQ(named("cannot open /scans/1.dcm, as /scans/1.dcm is gone", "1.dcm"), "cannot open 1.dcm, as 1.dcm is gone");
  EXPECT_EQ(named("/scans/1.dcm: no rows", "../../scans/1.dcm"), "../../scans/1.dcm: no rows");
  EXPECT_EQ(named("../../scans/1.dcm: no rows", "../../scans/1.dcm"), "../../scans/1.dcm: no rows");
  EXPECT_EQ(named("/scans/1.dcm", "/scans/1.dcm"), "/scans/1.dcm");
  EXPECT_EQ(with_name_for_path("a", "", "b"), "a");
}

TEST(PathText, EveryStringOfBytesSurvivesAsJson) {
  // All pairs of bytes, with a backslash escape around them.
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes = {'\\', 'x', static_cast<char>(first), static_cast<char>(second), '\\', 'x', '0', '0'};
      const std::string text = escape_path(bytes);
      ASSERT_NO_THROW(nlohmann::json(text).dump()) << text;  // it refuses what is not UTF-8
      ASSERT_EQ(unescape_path(text), bytes);
    }
  }
}

}  // namespace
}  // namespace fovea::pipeline
