// The rooms of docs/architecture.md stay apart: every include of every source is checked against the table.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const Names kPosix{"dlfcn.h", "fcntl.h", "fnmatch.h", "pthread.h", "signal.h", "sys", "unistd.h"};

/// Rooms and libraries that each room may include besides itself, the public headers, the standard library and POSIX:
/// the first folder of an include, or the header where there is none.
const std::map<std::string, Names> kRooms{
    {"include/fovea", {}},
    {"include/fovea/nn", {"ATen", "c10", "torch"}},
    {"src/image", {"opencv2"}},
    {"src/io",
     {"image", "opencv2", "nlohmann", "openssl", "gif_lib.h", "jerror.h", "jpeglib.h", "png.h", "tiffio.h", "webp"}},
    {"src/text", {"nlohmann"}},
    {"src/metrics", {"text"}},
    {"src/render", {"image", "io", "text", "opencv2", "nlohmann", "ft2build.h"}},
    {"src/nn", {"image", "io", "text", "ATen", "c10", "torch", "nlohmann", "fovea/nn"}},
    {"src/decode", {"image", "nn", "text", "ATen", "c10", "torch", "fovea/nn"}},
    {"src/train",
     {"decode", "image", "io", "metrics", "nn", "render", "text", "ATen", "c10", "torch", "nlohmann", "opencv2",
      "fovea/nn"}},
    {"src/pipeline", {"image", "io", "metrics", "render", "text", "nlohmann"}},
    {"src/cli", {"boost", "nlohmann"}},
};

/// What an include names, as kRooms writes it: "opencv2/core.hpp" is "opencv2", "vector" is "vector".
std::string room_of(const std::string& include) {
  if (include.starts_with("fovea/nn/")) return "fovea/nn";
  return include.substr(0, include.find('/'));
}

/// The includes of a source text that its room may not have.
std::vector<std::string> forbidden(const std::string& room, const std::string& text) {
  static const std::regex include_line(R"re((?:^|\n)\s*#\s*include\s*[<"]([^>"]+)[>"])re");
  const std::string own = room.substr(room.find('/') + 1);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), include_line), end; it != end; ++it) {
    const std::string include = (*it)[1];
    const std::string name = room_of(include);
    const bool standard = include.find('/') == std::string::npos && !include.ends_with(".h");
    if (!standard && name != "fovea" && name != own && !kPosix.contains(name) && !kRooms.at(room).contains(name)) {
      found.push_back(include);
    }
  }
  return found;
}

TEST(IncludeRules, HoldInEveryRoom) {
  const fs::path root = FOVEA_SOURCE_DIR;
  int files = 0;
  for (const std::string top : {"include", "src"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (entry.path().extension() != ".hpp" && entry.path().extension() != ".cpp") continue;
      const std::string room = fs::relative(entry.path().parent_path(), root);
      ASSERT_TRUE(kRooms.contains(room)) << entry.path() << " lies in a folder that the table does not have";
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      EXPECT_THAT(forbidden(room, text.str()), testing::IsEmpty()) << "in " << entry.path();
      ++files;
    }
  }
  EXPECT_GT(files, 50);
}

TEST(IncludeRules, FindWhatDoesNotBelong) {
  const std::string text =
      "#include <vector>\n#include <unistd.h>\n#include <ATen/core/Tensor.h>\n"
      "#include \"fovea/image.hpp\"\n  #  include \"fovea/nn/attention.hpp\"\n#include \"io/file.hpp\"\n";
  EXPECT_THAT(forbidden("src/io", text), testing::ElementsAre("ATen/core/Tensor.h", "fovea/nn/attention.hpp"));
  EXPECT_THAT(forbidden("src/nn", text), testing::IsEmpty());
  EXPECT_THAT(forbidden("src/metrics", text),
              testing::ElementsAre("ATen/core/Tensor.h", "fovea/nn/attention.hpp", "io/file.hpp"));
}

}  // namespace
