#include <fstream>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "io/file_bytes.hpp"
#include "io/safetensors.hpp"
#include "io/weights_file.hpp"
#include "io_support.hpp"
#include "torch_file_maker.hpp"

namespace fovea::io {
namespace {

using test::dict_op;
using test::error_of;
using test::text_op;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class WeightsTest : public testing::Test {
 protected:
  /// A safetensors file of tensors of one byte, whose value is the length of their name.
  void write_safetensors_of(const std::string& file, const std::vector<std::string>& names) const {
    std::map<std::string, TensorView> tensors;
    std::vector<std::byte> bytes(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      bytes[i] = static_cast<std::byte>(names[i].size());
      tensors[names[i]] = {.dtype = DType::u8, .shape = {1}, .bytes = std::span(bytes).subspan(i, 1)};
    }
    write_safetensors(folder_ / file, tensors, {{"format", "pt"}});
  }

  /// A state dict of torch.save of one tensor of six floats.
  void write_torch(const std::string& file, const std::string& name) const {
    folder_.write(file, test::torch_file(test::pickle_of(dict_op({text_op(name), test::TensorOp().ops()}))));
  }

  static std::string index_of(const std::vector<std::pair<std::string, std::string>>& tensors) {
    std::string text;
    for (const auto& [name, file] : tensors) {
      text.append(text.empty() ? "\"" : ",\"").append(name).append("\":\"").append(file).append("\"");
    }
    return "{\"metadata\":{\"total_size\":2},\"weight_map\":{" + text + "}}";
  }

  static std::vector<std::string> names_of(const Weights& weights) {
    std::vector<std::string> names;
    for (const auto& [name, view] : weights.tensors) names.push_back(name);
    return names;
  }

  void expect_refused(const std::filesystem::path& path, ErrorCode code, const std::vector<std::string>& texts) const {
    std::string message;
    EXPECT_EQ(error_of([&] { open_weights(path); }, &message), code) << message;
    EXPECT_THAT(message, StartsWith(path.string()));
    for (const auto& text : texts) EXPECT_THAT(message, HasSubstr(text));
  }

  const tests::TempFolder folder_;
};

TEST_F(WeightsTest, AFolderGivesTheFirstOfTheUsualFiles) {
  write_torch("b.bin", "from_index_of_bin");
  folder_.write("pytorch_model.bin.index.json", index_of({{"from_index_of_bin", "b.bin"}}));
  EXPECT_THAT(names_of(open_weights(folder_.path())), ElementsAre("from_index_of_bin"));
  write_torch("pytorch_model.bin", "from_bin");
  EXPECT_THAT(names_of(open_weights(folder_.path())), ElementsAre("from_bin"));
  write_safetensors_of("a.safetensors", {"from_index"});
  folder_.write("model.safetensors.index.json", index_of({{"from_index", "a.safetensors"}}));
  EXPECT_THAT(names_of(open_weights(folder_.path())), ElementsAre("from_index"));
  write_safetensors_of("model.safetensors", {"from_safetensors"});
  const auto weights = open_weights(folder_.path());
  EXPECT_THAT(names_of(weights), ElementsAre("from_safetensors"));
  EXPECT_THAT(weights.files, ElementsAre(folder_ / "model.safetensors"));
  EXPECT_EQ(weights.metadata.at("format"), "pt");
}

TEST_F(WeightsTest, AFolderWithoutWeightsSaysWhatIsLookedForAndWhatIsThere) {
  expect_refused(folder_.path(), ErrorCode::model,
                 {"model.safetensors, ", "or pytorch_model.bin.index.json", "found nothing"});
  folder_.write("config.json", "{}");
  folder_.write("tf_model.h5", "");
  expect_refused(folder_.path(), ErrorCode::model, {"found 'config.json', 'tf_model.h5'"});
  for (int i = 0; i < 30; ++i) folder_.write("x" + std::to_string(i), "");
  expect_refused(folder_.path(), ErrorCode::model, {"and 12 more"});
  EXPECT_EQ(error_of([&] { open_weights(folder_ / "missing"); }), ErrorCode::io);
}

TEST_F(WeightsTest, FilesAreToldApartByWhatIsInThem) {
  write_torch("really.safetensors", "torch");
  EXPECT_THAT(names_of(open_weights(folder_ / "really.safetensors")), ElementsAre("torch"));
  write_safetensors_of("really.pth", {"safetensors"});
  EXPECT_THAT(names_of(open_weights(folder_ / "really.pth")), ElementsAre("safetensors"));
  folder_.write("pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
  expect_refused(folder_ / "pointer", ErrorCode::unsupported, {"git lfs pull"});
  folder_.write("empty", "");
  expect_refused(folder_ / "empty", ErrorCode::corrupt, {"0 bytes"});
  folder_.write("text", "These are no weights.");
  expect_refused(folder_ / "text", ErrorCode::unsupported, {"neither a safetensors file nor"});
  std::filesystem::create_symlink("nowhere", folder_ / "model.safetensors");
  EXPECT_EQ(error_of([&] { open_weights(folder_.path()); }), ErrorCode::io);
  // A header of 640 bytes begins like a pickle.
  std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  header.resize(640, ' ');
  folder_.write("like_a_pickle", test::number(640, 8) + header + "x");
  EXPECT_THAT(names_of(open_weights(folder_ / "like_a_pickle")), ElementsAre("a"));
}

TEST_F(WeightsTest, ShardsAreReadThroughTheirIndex) {
  write_safetensors_of("model-00001-of-00002.safetensors", {"a", "bb"});
  write_safetensors_of("model-00002-of-00002.safetensors", {"ccc", "extra"});
  const auto index =
      folder_.write("model.safetensors.index.json", index_of({{"a", "model-00001-of-00002.safetensors"},
                                                              {"bb", "model-00001-of-00002.safetensors"},
                                                              {"ccc", "model-00002-of-00002.safetensors"}}));
  const auto weights = open_weights(index);
  EXPECT_THAT(names_of(weights), ElementsAre("a", "bb", "ccc", "extra"));
  EXPECT_EQ(weights.tensors.at("ccc").bytes[0], std::byte{3});
  EXPECT_THAT(weights.files,
              ElementsAre(folder_ / "model-00001-of-00002.safetensors", folder_ / "model-00002-of-00002.safetensors"));
}

TEST_F(WeightsTest, IndexAndShardsMustAgree) {
  write_safetensors_of("one", {"a", "b"});
  write_safetensors_of("two", {"c"});
  const auto index = folder_ / "model.safetensors.index.json";
  const auto refused = [&](const std::vector<std::pair<std::string, std::string>>& tensors, ErrorCode code,
                           const std::vector<std::string>& texts) {
    folder_.write(index, index_of(tensors));
    expect_refused(index, code, texts);
  };
  refused({{"a", "one"}, {"x", "two"}}, ErrorCode::corrupt, {"'x' should be in 'two', but is missing there"});
  refused({{"a", "two"}, {"b", "one"}}, ErrorCode::corrupt, {"'a' should be in 'two', but is in 'one'"});
  refused({{"a", "one"}, {"c", "three"}}, ErrorCode::io, {"'three'"});
  write_safetensors_of("two", {"b"});
  refused({{"a", "one"}, {"b", "two"}}, ErrorCode::corrupt, {"'b' is in 'one' and in 'two'"});
}

TEST_F(WeightsTest, ShardsLieInTheFolderOfTheIndex) {
  const auto index = folder_ / "model.safetensors.index.json";
  for (const char* name : {"../one", "/etc/passwd", "sub/one", "..", ".", "", "a\\\\b", "a\\u0000b"}) {
    folder_.write(index, index_of({{"a", name}}));
    expect_refused(index, ErrorCode::corrupt, {"'a' is said to be in", "beside the index"});
  }
}

TEST_F(WeightsTest, BrokenIndexesAreCorrupt) {
  const auto index = folder_ / "model.safetensors.index.json";
  const std::vector<std::pair<std::string, std::string>> broken{
      {"", "not JSON"},
      {"{", "not JSON"},
      {"[]", "expected an object"},
      {"{}", "expected an object"},
      {R"({"weight_map":[]})", "expected an object"},
      {R"({"weight_map":{}})", "is empty"},
      {R"({"weight_map":{"a":1}})", "is not text"},
      {R"({"weight_map":{"a":"one","a":"two"}})", "'a' occurs twice"},
      {R"({"weight_map":{"a":"one"},"weight_map":{}})", "'weight_map' occurs twice"},
      {R"({"metadata":[1e999],"weight_map":{"a":"one"}})", "not JSON"},
      {"{\"weight_map\":{\"\xff\":\"one\"}}", "not JSON"},
      {std::string(1'000'000, '['), "nests over"},
      {R"({"metadata":)" + std::string(20, '['), "nests over"}};
  for (const auto& [text, why] : broken) {
    folder_.write(index, text);
    expect_refused(index, ErrorCode::corrupt, {why});
  }
  std::string spaces;
  spaces.resize(16'000'001, ' ');
  folder_.write(index, spaces);
  expect_refused(index, ErrorCode::unsupported, {"16000001 bytes"});
}

/// Resident pages of mapped files, in kB.
long resident_file_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return std::stol(line.substr(8));
  }
  return 0;
}

TEST_F(WeightsTest, DroppedPagesLeaveTheMemoryAndReadAsBefore) {
  constexpr std::size_t kSize = std::size_t{64} << 20;
  const auto path = folder_.write("bytes", std::string(kSize, 'x'));
  const auto file = map_file(path);
  ASSERT_TRUE(file.is_mapped);
  const auto sum = [&] {
    return std::accumulate(file.bytes.begin(), file.bytes.end(), std::size_t{0}, [](std::size_t total, std::byte byte) {
      return total + std::to_integer<std::size_t>(byte);
    });
  };
  EXPECT_EQ(sum(), kSize * 'x');
  const auto full = resident_file_kb();
  drop_pages(file.bytes.subspan(1, kSize - 2));  // whole pages inside only
  if (full > 0) {                                // where the system tells
    EXPECT_LT(resident_file_kb(), full - static_cast<long>(kSize / 1024 * 3 / 4));
  }
  EXPECT_EQ(sum(), kSize * 'x');
  drop_pages({});
  drop_pages(file.bytes.first(10));
}

TEST_F(WeightsTest, TensorsOfFilesAreMappedAndThoseOfMemoryAreNot) {
  write_safetensors_of("model.safetensors", {"a"});
  EXPECT_TRUE(open_weights(folder_ / "model.safetensors").tensors.at("a").is_mapped);
  write_torch("model.pth", "a");
  EXPECT_TRUE(open_weights(folder_ / "model.pth").tensors.at("a").is_mapped);
  auto in_memory = map_file(folder_ / "model.pth");
  in_memory.is_mapped = false;
  EXPECT_FALSE(read_weights(in_memory).tensors.at("a").is_mapped);
}

}  // namespace
}  // namespace fovea::io
