/// The rooms include only what docs/architecture.md lets them, so that the layout stays true.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"

namespace fovea {
namespace {

using Names = std::vector<std::string>;

/// A folder and the includes it may have beside its own headers, the public ones ("fovea/", but not "fovea/nn/") and
/// the standard library: beginnings of paths.
struct Room {
  std::string folder;     ///< below the root of the repository
  Names rooms;            ///< in quotes: "io/", or one header of a room
  Names libraries;        ///< in angle brackets: "nlohmann/"
  bool recursive = true;  ///< false: the files of the folder itself
};

const Names kLibTorch{"ATen/", "c10/", "torch/"};
const Names kSystem{"dlfcn.h", "fcntl.h", "fnmatch.h", "malloc.h", "pthread.h", "signal.h", "sys/", "unistd.h"};

Names operator+(Names a, const Names& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The table of docs/architecture.md.
const std::vector<Room> kRooms{
    {.folder = "include/fovea", .rooms = {}, .libraries = {}, .recursive = false},
    {.folder = "include/fovea/nn", .rooms = {"fovea/nn/"}, .libraries = kLibTorch},
    {.folder = "src/image", .rooms = {}, .libraries = {"opencv2/"}},
    {.folder = "src/dicom",
     .rooms = {"image/", "io/byte_order.hpp", "io/file.hpp", "io/npy.hpp"},
     .libraries = {"dcmtk/", "charls/", "openjpeg.h", "zlib.h"}},
    {.folder = "src/dicom_out",
     .rooms = {"image/", "dicom/", "io/byte_order.hpp", "io/file.hpp", "io/sha256.hpp"},
     .libraries = {"dcmtk/"}},
    {.folder = "src/io",
     .rooms = {"image/", "dicom/dicom_reader.hpp"},
     .libraries = Names{"opencv2/", "nlohmann/", "openssl/", "jpeglib.h", "jerror.h", "png.h", "tiffio.h", "webp/",
                        "gif_lib.h", "zlib.h"} +
                  kSystem},
    {.folder = "src/text", .rooms = {"image/mask_measures.hpp"}, .libraries = {"nlohmann/", "unicode/"}},
    {.folder = "src/metrics", .rooms = {"text/"}, .libraries = {}},
    {.folder = "src/render",
     .rooms = {"image/", "io/", "text/"},
     .libraries = {"opencv2/", "nlohmann/", "ft2build.h", "freetype/"}},
    {.folder = "src/nn",
     .rooms = {"fovea/nn/", "image/input_description.hpp", "image/input_transform.hpp", "text/", "io/file.hpp",
               "io/file_bytes.hpp", "io/safetensors.hpp", "io/sha256.hpp", "io/tensor_view.hpp", "io/weights_file.hpp"},
     .libraries = kLibTorch + Names{"nlohmann/"}},
    {.folder = "src/decode", .rooms = {"fovea/nn/", "nn/", "image/", "text/"}, .libraries = kLibTorch},
    {.folder = "src/explain", .rooms = {"nn/", "image/"}, .libraries = kLibTorch},
    {.folder = "src/highlight", .rooms = {"nn/", "decode/", "explain/", "image/", "text/"}, .libraries = kLibTorch},
    {.folder = "src/train",
     .rooms = {"fovea/nn/", "nn/", "decode/", "highlight/", "image/", "io/", "text/", "metrics/", "render/"},
     .libraries = kLibTorch + Names{"opencv2/", "nlohmann/"}},
    {.folder = "src/pipeline",
     .rooms = {"image/", "dicom/head.hpp", "dicom/stored_values.hpp", "dicom_out/", "io/", "text/", "metrics/",
               "render/"},
     .libraries = Names{"nlohmann/"} + kSystem},
    {.folder = "src/cli", .rooms = {}, .libraries = Names{"boost/", "nlohmann/"} + kSystem},
};

bool begins_with_one_of(std::string_view path, const Names& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [&](const auto& b) { return path.starts_with(b); });
}

bool is_allowed(const Room& room, bool quoted, const std::string& path) {
  if (!quoted) {
    const bool standard = path.find_first_of("./") == std::string::npos;
    return standard || begins_with_one_of(path, room.libraries);
  }
  const auto own = std::filesystem::path(room.folder).filename().string() + "/";
  const bool is_source = room.folder.starts_with("src/");
  const bool is_public = path.starts_with("fovea/") && !path.starts_with("fovea/nn/");
  return is_public || (is_source && path.starts_with(own)) || begins_with_one_of(path, room.rooms);
}

/// What a room's files include against its rules, as "file: include".
Names violations(const std::filesystem::path& root, const Room& room) {
  static const std::regex include(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)re");
  Names found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / room.folder)) {
    const auto& file = entry.path();
    if (file.extension() != ".hpp" && file.extension() != ".cpp") continue;
    if (!room.recursive && file.parent_path() != root / room.folder) continue;
    std::ifstream in(file);
    std::smatch match;
    for (std::string line; std::getline(in, line);) {
      if (!std::regex_match(line, match, include) || is_allowed(room, match[1] == "\"", match[2])) continue;
      found.push_back(std::filesystem::relative(file, root).string() + ": " + match[2].str());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(IncludeRules, AreKeptInEveryRoom) {
  for (const auto& room : kRooms) {
    EXPECT_THAT(violations(FOVEA_SOURCE_DIR, room), testing::IsEmpty()) << "see the table in docs/architecture.md";
  }
}

TEST(IncludeRules, CoverEveryFolderOfSources) {
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(FOVEA_SOURCE_DIR) / "src")) {
    if (!entry.is_directory()) continue;
    const auto folder = "src/" + entry.path().filename().string();
    EXPECT_TRUE(std::any_of(kRooms.begin(), kRooms.end(), [&](const Room& room) { return room.folder == folder; }))
        << folder << " has no rule";
  }
}

/// The violations of one made-up file of a room.
Names violations_of(const std::string& folder, const std::string& text) {
  const tests::TempFolder root;
  root.write(folder + "/made_up.cpp", text);
  const auto room = std::find_if(kRooms.begin(), kRooms.end(), [&](const Room& r) { return r.folder == folder; });
  Names found = violations(root.path(), *room);
  for (auto& name : found) name = name.substr(name.find(": ") + 2);
  return found;
}

TEST(IncludeRules, AreBrokenByWhatTheyForbid) {
  using testing::ElementsAre;
  EXPECT_THAT(violations_of("include/fovea",
                            "#include <vector>\n#include <ATen/ATen.h>\n#include \"fovea/nn/a.hpp\"\n"
                            "#include <opencv2/core.hpp>\n#include <unistd.h>\n#include \"io/file.hpp\""),
              ElementsAre("ATen/ATen.h", "fovea/nn/a.hpp", "io/file.hpp", "opencv2/core.hpp", "unistd.h"));
  EXPECT_THAT(violations_of("src/io", "#include <torch/types.h>\n#include \"nn/weights.hpp\"\n#include <png.h>\n"),
              ElementsAre("nn/weights.hpp", "torch/types.h"));
  EXPECT_THAT(violations_of("src/metrics", "#include <nlohmann/json.hpp>\n#include \"text/unicode.hpp\"\n"),
              ElementsAre("nlohmann/json.hpp"));
  EXPECT_THAT(violations_of("src/nn",
                            "#include \"io/safetensors.hpp\"\n#include \"io/exif.hpp\"\n#include <ATen/a.h>\n"
                            "#include \"train/losses.hpp\"\n"),
              ElementsAre("io/exif.hpp", "train/losses.hpp"));
  EXPECT_THAT(violations_of("src/decode", "  #  include \"train/losses.hpp\"  // indented\n#include \"nn/vit.hpp\"\n"),
              ElementsAre("train/losses.hpp"));
  EXPECT_THAT(violations_of("src/pipeline", "#include <c10/core/Device.h>\n#include \"nn/vit.hpp\"\n"),
              ElementsAre("c10/core/Device.h", "nn/vit.hpp"));
  EXPECT_THAT(violations_of("src/cli", "#include \"pipeline/queue.hpp\"\n#include <boost/program_options.hpp>\n"),
              ElementsAre("pipeline/queue.hpp"));
}

TEST(IncludeRules, ThePublicFolderAndItsSecondTierAreTwoRooms) {
  const tests::TempFolder root;
  root.write("include/fovea/nn/layer.hpp", "#include <ATen/core/Tensor.h>\n#include \"fovea/nn/attention.hpp\"\n");
  EXPECT_THAT(violations(root.path(), kRooms[0]), testing::IsEmpty());
  EXPECT_THAT(violations(root.path(), kRooms[1]), testing::IsEmpty());
}

}  // namespace
}  // namespace fovea
