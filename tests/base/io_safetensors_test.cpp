#include <unistd.h>

#include <cstring>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/file.hpp"
#include "io/safetensors.hpp"
#include "io_support.hpp"

namespace fovea::io {
namespace {

using test::error_of;

/// A file of the test's own, removed with it.
class SafetensorsTest : public testing::Test {
 protected:
  ~SafetensorsTest() override { std::filesystem::remove(path_); }

  void write_raw(const std::string& bytes) { write_file(path_, std::as_bytes(std::span(bytes))); }

  /// A file with this header and `data_bytes` bytes of data.
  void write(const std::string& header, std::size_t data_bytes) {
    write_raw(with_length(header) + std::string(data_bytes, 'x'));
  }

  static std::string with_length(const std::string& header) {
    const auto length = static_cast<std::uint64_t>(header.size());
    return std::string(reinterpret_cast<const char*>(&length), sizeof length) + header;
  }

  std::optional<ErrorCode> error_of_opening() {
    message_.clear();
    return error_of([&] { SafetensorsFile file(path_); }, &message_);
  }

  /// Expects a file with this header to be corrupt, with a message that names the file and tells `why`.
  void expect_corrupt(const std::string& header, std::size_t data_bytes, const std::string& why) {
    write(header, data_bytes);
    EXPECT_EQ(error_of_opening(), ErrorCode::corrupt) << header;
    EXPECT_THAT(message_, testing::AllOf(testing::StartsWith(path_.string()), testing::HasSubstr(why))) << header;
  }

  const std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) / ("fovea_safetensors_" + std::to_string(::getpid()));
  std::string message_;
};

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

TEST_F(SafetensorsTest, RoundTripKeepsEverything) {
  std::mt19937 random(1);
  std::vector<std::byte> bytes(48);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random() & 255);
  const std::span<const std::byte> all(bytes);
  const std::map<std::string, TensorView> tensors = {
      {"weight", {.dtype = DType::f32, .shape = {2, 3}, .bytes = all.first(24)}},
      {"half", {.dtype = DType::f16, .shape = {1, 2, 1}, .bytes = all.subspan(24, 4)}},
      {"brain", {.dtype = DType::bf16, .shape = {1}, .bytes = all.subspan(28, 2)}},
      {"bytes", {.dtype = DType::u8, .shape = {3}, .bytes = all.subspan(30, 3)}},
      {"scalar", {.dtype = DType::i64, .shape = {}, .bytes = all.subspan(33, 8)}},
      {"empty", {.dtype = DType::f64, .shape = {0, 7}, .bytes = {}}},
      {"names of \"all\" kinds \u00e9", {.dtype = DType::i32, .shape = {1}, .bytes = all.subspan(41, 4)}}};
  const std::map<std::string, std::string> metadata = {{"format", "pt"}, {"note", "\u00e9\n"}};
  write_safetensors(path_, tensors, metadata);

  const SafetensorsFile file(path_);
  EXPECT_EQ(file.metadata(), metadata);
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (const auto& [name, view] : tensors) {
    ASSERT_TRUE(file.tensors().contains(name)) << name;
    const TensorView& read = file.tensors().at(name);
    EXPECT_EQ(read.dtype, view.dtype) << name;
    EXPECT_EQ(read.shape, view.shape) << name;
    EXPECT_THAT(read.bytes, testing::ElementsAreArray(view.bytes.begin(), view.bytes.end())) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".partial"));
}

TEST_F(SafetensorsTest, AFileWithoutTensorsIsValid) {
  write_safetensors(path_, {});
  EXPECT_TRUE(SafetensorsFile(path_).tensors().empty());
}

TEST_F(SafetensorsTest, AFileThatIsNotThereOrCannotBeWrittenIsAnIoError) {
  EXPECT_EQ(error_of_opening(), ErrorCode::io);
  EXPECT_EQ(error_of([] { SafetensorsFile file(testing::TempDir()); }), ErrorCode::io);
  EXPECT_EQ(error_of([] { write_safetensors("/nonexistent/folder/file", {}); }), ErrorCode::io);
}

TEST_F(SafetensorsTest, LengthsBeyondTheFileAreCorrupt) {
  for (const std::string& bytes : {std::string(), std::string(7, '\0'), std::string("\x09\0\0\0\0\0\0\0{}", 10),
                                   std::string(8, '\xFF'), std::string("\0\0\0\0\0\0\0\x80{}", 10)}) {
    write_raw(bytes);
    EXPECT_EQ(error_of_opening(), ErrorCode::corrupt) << bytes.size();
  }
}

TEST_F(SafetensorsTest, HeadersThatAreNotTheFormatAreCorrupt) {
  expect_corrupt("", 0, "not JSON");
  expect_corrupt("{\"a\":", 0, "not JSON");
  expect_corrupt("[]", 0, "not a JSON object");
  expect_corrupt("{\"a\":1}", 0, "'a'");
  expect_corrupt("{\"a\":{\"dtype\":\"F32\"}}", 0, "needs dtype, shape and data_offsets");
  expect_corrupt("{\"__metadata__\":1}", 0, "__metadata__");
  expect_corrupt("{\"__metadata__\":{\"format\":1}}", 0, "__metadata__.format");
  expect_corrupt("{" + tensor("a", "F32", "1", "[0,4]") + "}", 4, "wrong type");
  expect_corrupt("{" + tensor("a", "F32", "[1]", "[0]") + "}", 4, "wrong type");
  expect_corrupt("{" + tensor("a", "F32", "[-1]", "[0,4]") + "}", 4, "-1");
  expect_corrupt("{" + tensor("a", "F32", "[1.0]", "[0,4]") + "}", 4, "1.0");
  expect_corrupt("{" + tensor("a", "F32", "[1]", "[-4,0]") + "}", 4, "data_offsets");
  expect_corrupt("{\"" + std::string("\xC3\x28") + "\":{}}", 0, "");  // not UTF-8
}

TEST_F(SafetensorsTest, FieldsOfATensorAreThereOnceAndNestNoDeeper) {
  expect_corrupt("1", 0, "not a JSON object");
  expect_corrupt("[{}]", 0, "not a JSON object");
  expect_corrupt("{\"\":1}", 0, "tensor ''");
  expect_corrupt("{\"a\":[]}", 0, "wrong type");
  expect_corrupt("{\"__metadata__\":[]}", 0, "__metadata__ is not an object");
  expect_corrupt("{\"__metadata__\":{\"a\":[]}}", 0, "__metadata__.a is not a string");
  expect_corrupt("{\"__metadata__\":{\"a\":{}}}", 0, "__metadata__.a is not a string");
  expect_corrupt("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, "'a' occurs twice");
  expect_corrupt("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "'__metadata__' occurs twice");
  expect_corrupt("{" + tensor("a", "U8", "[1],\"shape\":[1]", "[0,1]") + "}", 1, "'shape' occurs twice");
  expect_corrupt("{" + tensor("a", "U8", "[[1]]", "[0,1]") + "}", 1, "wrong type");
  expect_corrupt("{" + tensor("a", "U8", "{}", "[0,1]") + "}", 1, "wrong type");
  expect_corrupt("{" + tensor("a", "U8", "[\"1\"]", "[0,1]") + "}", 1, "wrong type");
  expect_corrupt("{" + tensor("a", "U8", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,1]") + "}", 1, "over 16 sides");
  expect_corrupt("{" + tensor("a", "U8", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,1]") + "}", 1, "over 16 numbers");
  expect_corrupt("{" + tensor("a", "U8", "[0,9223372036854775807,3]", "[0,0]") + "}", 0, "overflows");
  write("{" + tensor("a", "U8", "[1],\"note\":1.5,\"other\":null", "[0,1]") + "}", 1);
  EXPECT_EQ(error_of_opening(), std::nullopt);
}

TEST_F(SafetensorsTest, EveryTypeHasItsSize) {
  for (const auto& [name, size] : std::map<std::string, std::size_t>{{"BOOL", 1},
                                                                     {"U8", 1},
                                                                     {"I8", 1},
                                                                     {"U16", 2},
                                                                     {"I16", 2},
                                                                     {"F16", 2},
                                                                     {"BF16", 2},
                                                                     {"U32", 4},
                                                                     {"I32", 4},
                                                                     {"F32", 4},
                                                                     {"U64", 8},
                                                                     {"I64", 8},
                                                                     {"F64", 8}}) {
    write("{" + tensor("a", name, "[3]", "[0," + std::to_string(3 * size) + "]") + "}", 3 * size);
    const SafetensorsFile file(path_);
    const TensorView& view = file.tensors().at("a");
    EXPECT_EQ(to_string(view.dtype), name);
    EXPECT_EQ(size_of(view.dtype), size) << name;
    EXPECT_EQ(dtype_named(name), view.dtype);
  }
}

TEST_F(SafetensorsTest, TensorsSayWhetherTheyAreAlignedAndOutliveTheirFile) {
  const std::string odd = "{" + tensor("a", "U8", "[1]", "[0,1]") + "," + tensor("b", "F32", "[1]", "[1,5]") + "}";
  write(odd + std::string((8 - odd.size() % 8) % 8, ' '), 5);
  const auto tensors = SafetensorsFile(path_).tensors();
  EXPECT_TRUE(tensors.at("a").is_aligned());
  EXPECT_FALSE(tensors.at("b").is_aligned());
  EXPECT_EQ(tensors.at("b").bytes.front(), std::byte{'x'});
}

TEST_F(SafetensorsTest, UnknownStorageTypesAreUnsupported) {
  write("{" + tensor("a", "F8_E4M3", "[4]", "[0,4]") + "}", 4);
  EXPECT_EQ(error_of_opening(), ErrorCode::unsupported);
  EXPECT_THAT(message_, testing::HasSubstr("F8_E4M3"));
}

TEST_F(SafetensorsTest, DuplicateNamesAreCorrupt) {
  const std::string a = tensor("a", "U8", "[1]", "[0,1]");
  expect_corrupt("{" + a + "," + tensor("a", "U8", "[1]", "[1,2]") + "}", 2, "'a' occurs twice");
  expect_corrupt("{" + a + "," + a + "}", 1, "'a' occurs twice");
}

TEST_F(SafetensorsTest, TensorsCoverTheDataWithoutOverlapOrGap) {
  const std::string a = tensor("a", "U8", "[4]", "[0,4]");
  expect_corrupt("{" + a + "," + tensor("b", "U8", "[4]", "[2,6]") + "}", 6, "overlap");
  expect_corrupt("{" + a + "," + tensor("b", "U8", "[4]", "[0,4]") + "}", 4, "overlap");
  expect_corrupt("{" + a + "," + tensor("b", "U8", "[4]", "[6,10]") + "}", 10, "belong to no tensor");
  expect_corrupt("{" + a + "}", 5, "the data end at 5");
  expect_corrupt("{}", 1, "the data end at 1");
}

TEST_F(SafetensorsTest, OffsetsAndShapesMustAgreeAndNotOverflow) {
  expect_corrupt("{" + tensor("a", "F32", "[2]", "[0,4]") + "}", 4, "dtype and shape need 8");
  expect_corrupt("{" + tensor("a", "F32", "[1]", "[0,4]") + "}", 3, "outside");
  expect_corrupt("{" + tensor("a", "F32", "[1]", "[4,0]") + "}", 4, "outside");
  expect_corrupt("{" + tensor("a", "U8", "[4294967296,4294967296]", "[0,0]") + "}", 0, "overflows");
  expect_corrupt("{" + tensor("a", "F64", "[2305843009213693952]", "[0,0]") + "}", 0, "overflows");
  expect_corrupt("{" + tensor("a", "U8", "[18446744073709551615]", "[0,0]") + "}", 0, "overflows");
  expect_corrupt("{" + tensor("a", "U8", "[1]", "[18446744073709551615,18446744073709551616]") + "}", 1, "");
}

TEST_F(SafetensorsTest, TruncatedAnywhereIsCorrupt) {
  const std::string header = "{" + tensor("a", "F32", "[2]", "[0,8]") + "," + tensor("b", "U8", "[3]", "[8,11]") + "}";
  const std::string whole = with_length(header) + std::string(11, 'x');
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_raw(whole.substr(0, size));
    EXPECT_EQ(error_of_opening(), ErrorCode::corrupt) << size;
  }
  write_raw(whole);
  EXPECT_EQ(error_of_opening(), std::nullopt);
}

TEST_F(SafetensorsTest, FlippedBytesNeverCrash) {
  const std::string header = "{" + tensor("a", "F32", "[2]", "[0,8]") + "," + tensor("b", "U8", "[3]", "[8,11]") + "}";
  const std::string whole = with_length(header) + std::string(11, 'x');
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::string broken = whole;
    for (int flip = 0; flip <= round % 3; ++flip) broken[random() % broken.size()] = static_cast<char>(random() & 255);
    write_raw(broken);
    const auto code = error_of_opening();
    EXPECT_TRUE(!code || code == ErrorCode::corrupt || code == ErrorCode::unsupported);
    if (!code) {
      const SafetensorsFile file(path_);
      for (const auto& [name, view] : file.tensors()) {
        EXPECT_LE(view.bytes.size(), 11U) << name;
      }
    }
  }
}

TEST_F(SafetensorsTest, DeeplyNestedJsonDoesNotOverflowTheStack) {
  write(std::string(1'000'000, '['), 0);
  EXPECT_EQ(error_of_opening(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace fovea::io
