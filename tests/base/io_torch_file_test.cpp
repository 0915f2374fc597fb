#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/safetensors.hpp"
#include "io/torch_file.hpp"
#include "io/weights_file.hpp"
#include "io_support.hpp"
#include "torch_file_maker.hpp"

namespace fovea::io {
namespace {

using test::dict_op;
using test::error_of;
using test::global_op;
using test::in_memory;
using test::integer_op;
using test::pickle_of;
using test::TensorOp;
using test::text_op;
using test::torch_file;
using testing::AllOf;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::StartsWith;

const std::filesystem::path kFolder = FOVEA_TEST_DATA_DIR "/io/weights";

std::vector<std::string> names_of(const std::map<std::string, TensorView>& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, view] : tensors) names.push_back(name);
  return names;
}

// ---- what torch.save wrote (tests/reference/make_weights_goldens.py)

class TorchGoldens : public testing::TestWithParam<std::string> {};

TEST_P(TorchGoldens, HoldTheTensorsThatWereSaved) {
  const SafetensorsFile goldens(kFolder / "goldens.safetensors");
  const auto weights = open_weights(kFolder / GetParam());
  std::vector<std::string> expected;
  for (const auto& [golden_name, golden] : goldens.tensors()) {
    if (!golden_name.starts_with(GetParam() + "/")) continue;
    const auto& name = expected.emplace_back(golden_name.substr(GetParam().size() + 1));
    ASSERT_TRUE(weights.tensors.contains(name)) << name;
    const TensorView& tensor = weights.tensors.at(name);
    EXPECT_EQ(tensor.dtype, golden.dtype) << name;
    EXPECT_EQ(tensor.shape, golden.shape) << name;
    EXPECT_THAT(tensor.bytes, ElementsAreArray(golden.bytes.begin(), golden.bytes.end())) << name;
    EXPECT_TRUE(tensor.is_aligned()) << name;
  }
  EXPECT_EQ(names_of(weights.tensors), expected);
  EXPECT_THAT(weights.files, ElementsAre(kFolder / GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Files, TorchGoldens,
                         testing::Values("state_dict.pth", "protocol4.pth", "every_kind.pth", "checkpoint.pth"),
                         [](const auto& test) { return test.param.substr(0, test.param.find('.')); });

TEST(TorchFile, ContiguousTensorsLieInTheFileAndTiedOnesInOnePlace) {
  const auto file = map_file(kFolder / "every_kind.pth");
  const auto tensors = read_torch_file(file);
  const auto is_mapped = [&](const char* name) {
    const auto* begin = tensors.at(name).bytes.data();
    return begin >= file.bytes.data() && begin < file.bytes.data() + file.bytes.size();
  };
  for (const char* name : {"weight", "tied", "rows", "one_sided", "scalar", "parameter", "boolean", "bfloat16"}) {
    EXPECT_TRUE(is_mapped(name)) << name;
    EXPECT_EQ(tensors.at(name).owner, file.owner) << name;
  }
  for (const char* name : {"transposed", "columns", "every_second", "permuted", "expanded", "channels_last"}) {
    EXPECT_FALSE(is_mapped(name)) << name;
  }
  EXPECT_EQ(tensors.at("tied").bytes.data(), tensors.at("weight").bytes.data());
  EXPECT_EQ(tensors.at("rows").bytes.data(), tensors.at("weight").bytes.data() + 4 * sizeof(float));
}

TEST(TorchFile, TensorsOutliveWhatReadThem) {
  TensorView tensor = open_weights(kFolder / "state_dict.pth").tensors.at("conv.weight");
  const SafetensorsFile goldens(kFolder / "goldens.safetensors");
  const auto& golden = goldens.tensors().at("state_dict.pth/conv.weight");
  EXPECT_THAT(tensor.bytes, ElementsAreArray(golden.bytes.begin(), golden.bytes.end()));
}

void expect_refused(const std::string& name, const std::vector<std::string>& texts) {
  std::string message;
  const auto path = kFolder / name;
  EXPECT_EQ(error_of([&] { open_weights(path); }, &message), ErrorCode::unsupported) << name;
  EXPECT_THAT(message, StartsWith(path.string() + ": "));
  for (const auto& text : texts) EXPECT_THAT(message, HasSubstr(text)) << name;
}

TEST(TorchFile, WhatIsNoStateDictIsRefusedByNameWithTheLineThatConvertsIt) {
  expect_refused("module.pth",
                 {"'torch.nn.modules.container.Sequential'", "python3 -c", "weights_only=False", "If you trust"});
  expect_refused("old_form.pth", {"before 1.6", "python3 -c", "weights_only=True"});
  expect_refused("old_form_module.pth", {"before 1.6", "whole module", "python3 -c", "weights_only=False"});
  expect_refused("hostile.pth", {"'posix.system'", "Do not open it"});
  expect_refused("float8.pth", {"'weight'", "'float8_e4m3fn'"});
}

// ---- files of the test's own

void expect_refused(const std::string& file, ErrorCode code, const std::string& why) {
  std::string message;
  EXPECT_EQ(error_of([&] { read_torch_file(in_memory(file)); }, &message), code) << why;
  EXPECT_THAT(message, AllOf(StartsWith("test.pth: "), HasSubstr(why)));
}

void expect_corrupt(const TensorOp& tensor, const std::string& why) {
  expect_refused(torch_file(pickle_of(dict_op({text_op("w"), tensor.ops()}))), ErrorCode::corrupt, why);
}

TEST(TorchFile, OldAndForeignFormsAreRefused) {
  std::string tar(512, '\0');
  tar.replace(257, 5, "ustar");
  expect_refused(tar, ErrorCode::unsupported, "tar archive");
  expect_refused(tar, ErrorCode::unsupported, "weights_only=False");
  const std::string old_magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
  expect_refused(pickle_of("}"), ErrorCode::unsupported, "bare pickle");
  expect_refused(old_magic + pickle_of(global_op("torchxrayvision.models", "DenseNet")), ErrorCode::unsupported,
                 "op_threshs");
  expect_refused(torch_file(pickle_of(global_op("torchxrayvision.models", "DenseNet"))), ErrorCode::unsupported,
                 "op_threshs");
  expect_refused(torch_file(pickle_of(global_op("__torch__.Net", "Net"))), ErrorCode::unsupported, "TorchScript");
  expect_refused(torch_file(pickle_of(global_op("builtins", "eval"))), ErrorCode::unsupported, "'builtins.eval'");
  expect_refused(torch_file(pickle_of(text_op("os") + text_op("system") + "\x93")), ErrorCode::unsupported,
                 "'os.system'");
  expect_refused(torch_file(pickle_of(global_op("torch", "load"))), ErrorCode::unsupported, "'torch.load'");
  expect_refused(test::make_zip({{.name = "word/document.xml", .bytes = ""}}), ErrorCode::unsupported,
                 "none of torch.save");
  expect_refused(test::make_zip({{.name = "a/data.pkl", .bytes = ""}, {.name = "b/data.pkl", .bytes = ""}}),
                 ErrorCode::corrupt, "two entries are called data.pkl");
  expect_refused(test::make_zip({{.name = "a/data.pkl", .bytes = ""}, {.name = "a/constants.pkl", .bytes = ""}}),
                 ErrorCode::unsupported, "TorchScript");
  expect_refused(
      test::make_zip({{.name = "a/data.pkl", .bytes = pickle_of("}")}, {.name = "a/byteorder", .bytes = "big"}}),
      ErrorCode::unsupported, "byte order 'big'");
}

TEST(TorchFile, TheDictWithTheWeightsIsTaken) {
  const std::string tensor = TensorOp().ops();
  const std::string weights = dict_op({text_op("w"), tensor});
  const auto names = [](const std::string& ops) {
    return names_of(read_torch_file(in_memory(torch_file(pickle_of(ops)))));
  };
  EXPECT_THAT(names(weights), ElementsAre("w"));
  EXPECT_THAT(names(dict_op({text_op("epoch"), integer_op(3), text_op("w"), tensor})), ElementsAre("w"));
  for (const char* key : {"state_dict", "model_state_dict", "model", "teacher", "student"}) {
    EXPECT_THAT(names(dict_op({text_op(key), weights, text_op("best"), tensor})), ElementsAre("w")) << key;
  }
  EXPECT_THAT(names(dict_op({text_op("student"), dict_op({text_op("s"), tensor}), text_op("teacher"), weights})),
              ElementsAre("w"));
  EXPECT_THAT(names(dict_op({text_op("model"), tensor})), ElementsAre("model"));
  EXPECT_THAT(names(dict_op({text_op("module.a"), tensor, text_op("module.b"), tensor})), ElementsAre("a", "b"));
  EXPECT_THAT(names(dict_op({text_op("module.a"), tensor, text_op("b"), tensor})), ElementsAre("b", "module.a"));

  const auto refused = [&](const std::string& ops, const std::string& why) {
    expect_refused(torch_file(pickle_of(ops)), ErrorCode::unsupported, why);
  };
  refused(dict_op({text_op("optimizer"), weights, integer_op(7), weights}), "its keys are 'optimizer', (no text)");
  refused("}", "its keys are none");
  refused("]", "holds no dict");
  refused(tensor, "a single tensor");
}

TEST(TorchFile, TensorsThatDoNotFitTheirStorageAreCorrupt) {
  expect_corrupt({.key = "1"}, "'data/1' is missing");
  expect_corrupt({.key = "../data.pkl"}, "'data/../data.pkl' is missing");
  expect_corrupt({.count = 7}, "should have 7 values");
  expect_corrupt({.count = 5}, "should have 5 values");
  expect_corrupt({.count = -6}, "should have -6 values");
  expect_corrupt({.storage = "DoubleStorage"}, "should have 6 values of 8 bytes");
  expect_corrupt({.offset = 1}, "'w' reaches beyond");
  expect_corrupt({.offset = -1}, "does not begin");
  expect_corrupt({.offset = INT64_MAX}, "'w' reaches beyond");
  expect_corrupt({.shape = {3, 3}}, "'w' reaches beyond");
  expect_corrupt({.shape = {2, -3}}, "integers of at least 0");
  expect_corrupt({.strides = {-3, 1}}, "integers of at least 0");
  expect_corrupt({.strides = {4, 1}}, "'w' reaches beyond");
  expect_corrupt({.strides = {INT64_MAX, 1}}, "'w' reaches beyond");
  expect_corrupt({.shape = {3, 3}, .strides = {INT64_MAX, INT64_MAX}}, "'w' reaches beyond");
  expect_corrupt({.strides = {1}}, "2 sides and 1 strides");
  expect_corrupt({.shape = {INT64_MAX, 3}}, "overflows");
  expect_corrupt({.shape = {std::int64_t{1} << 32, std::int64_t{1} << 32}}, "overflows");
  expect_corrupt({.shape = {0, INT64_MAX}}, "overflows");
  expect_refused(
      torch_file(pickle_of(dict_op({text_op("w"), TensorOp{.shape = std::vector<std::int64_t>(17, 1)}.ops()}))),
      ErrorCode::unsupported, "17 sides");
  expect_refused(torch_file(pickle_of(dict_op({text_op("w"), TensorOp{.storage = "ComplexFloatStorage"}.ops()}))),
                 ErrorCode::unsupported, "'ComplexFloatStorage'");
}

TEST(TorchFile, StridesOfSidesOf1MayBeAnyNumber) {
  const std::string storage = "aaaabbbbccccddddeeeeffff";
  const auto read_one = [&](const TensorOp& tensor) {
    const auto tensors =
        read_torch_file(in_memory(torch_file(pickle_of(dict_op({text_op("w"), tensor.ops()})), storage)));
    const auto bytes = tensors.at("w").bytes;
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  EXPECT_EQ(read_one({.shape = {2, 1, 3}, .strides = {3, INT64_MAX, 1}}), storage);
  EXPECT_EQ(read_one({.shape = {3, 1, 2, 1}, .strides = {1, INT64_MAX, 3, INT64_MAX}}), "aaaaddddbbbbeeeeccccffff");
}

TEST(TorchFile, TensorsThatAreLazilyNegatedAreUnsupported) {
  const auto file_with = [](const std::string& note) {
    return torch_file(pickle_of(dict_op({text_op("w"), TensorOp{.note = note}.ops()})));
  };
  expect_refused(file_with(dict_op({text_op("neg"), "\x88"})), ErrorCode::unsupported, "negated or conjugated");
  EXPECT_NO_THROW(read_torch_file(in_memory(file_with("N"))));
  EXPECT_NO_THROW(read_torch_file(in_memory(file_with("}"))));
}

TEST(TorchFile, TensorsThatAreNotDescribedRightAreCorrupt) {
  const auto refused = [](const std::string& value, const std::string& why) {
    expect_refused(torch_file(pickle_of(dict_op({text_op("w"), value}))), ErrorCode::corrupt, why);
  };
  const std::string rebuild = global_op("torch._utils", "_rebuild_tensor_v2");
  const std::string sides = test::tuple_op(std::vector<std::int64_t>{1});
  refused(rebuild + ")R", "too few values");
  refused(rebuild + test::tuple_op({integer_op(0), integer_op(0), sides, sides}) + "R", "has no storage");
  refused(rebuild + test::tuple_op({")Q", integer_op(0), sides, sides}) + "R", "not described");
  refused(rebuild + "]R", "no function");
  refused(integer_op(1) + ")R", "no function");
  refused(global_op("torch", "float32") + ")R", "'float32' is called");
  refused(global_op("torch._utils", "_rebuild_parameter") + ")R", "a parameter is made of no tensor");
  refused(global_op("torch", "Size") + ")R", "a size is made of no tuple");
  refused(integer_op(1) + "Q", "not named by a tuple");
  const std::string tensor = TensorOp().ops();
  expect_refused(torch_file(pickle_of(dict_op({text_op("w"), tensor, text_op("w"), tensor}))), ErrorCode::corrupt,
                 "'w' is there twice");
  expect_refused(torch_file(pickle_of(dict_op({integer_op(1), tensor}))), ErrorCode::corrupt, "is not text");
}

TEST(TorchFile, CopiesAreBounded) {
  // A million names of one storage, turned, would take a million times its size.
  const std::string turned = TensorOp{.count = 250'000, .shape = {500, 500}, .strides = {1, 500}}.ops();
  std::vector<std::string> items{text_op("0"), turned + "q\x01"};
  for (int i = 1; i < 100; ++i) items.insert(items.end(), {text_op(std::to_string(i)), "h\x01"});
  expect_refused(torch_file(pickle_of(dict_op(items)), std::string(1'000'000, 'x')), ErrorCode::unsupported,
                 "4 times the file");
  // One value that says that it is 2^40 ones.
  expect_refused(torch_file(pickle_of(
                     dict_op({text_op("w"), TensorOp{.shape = {std::int64_t{1} << 40, 1}, .strides = {0, 0}}.ops()}))),
                 ErrorCode::unsupported, "4 times the file");
}

TEST(TorchFile, TruncatedAnywhereIsRefused) {
  const auto bytes = read_bytes(kFolder / "state_dict.pth");
  const std::string whole(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  for (std::size_t size = 4; size < whole.size(); ++size) {
    EXPECT_EQ(error_of([&] { read_torch_file(in_memory(whole.substr(0, size))); }), ErrorCode::corrupt) << size;
  }
}

TEST(TorchFile, FlippedBytesNeverCrash) {
  for (const char* name : {"every_kind.pth", "checkpoint.pth", "module.pth"}) {
    const auto bytes = read_bytes(kFolder / name);
    const std::string whole(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    std::mt19937 random(3);
    for (int round = 0; round < 1500; ++round) {
      std::string broken = whole;
      // The pickle is at the front, and the table of entries at the end.
      const std::size_t reach = round % 3 == 0 ? broken.size() : 2500;
      const std::size_t from = round % 3 == 1 ? broken.size() - reach : 0;
      for (int flip = 0; flip <= round % 4; ++flip) broken[from + random() % reach] = static_cast<char>(random() & 255);
      const auto code = error_of([&] { read_weights(in_memory(broken)); });
      EXPECT_TRUE(!code || code == ErrorCode::corrupt || code == ErrorCode::unsupported) << name << round;
    }
  }
}

}  // namespace
}  // namespace fovea::io
