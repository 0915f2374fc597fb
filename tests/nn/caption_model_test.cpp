/// A model folder gives back what was saved, and says by name what is wrong with it.
#include "nn/caption_model.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/temp_folder.hpp"
#include "decode/beam_search.hpp"
#include "fovea/error.hpp"
#include "nn/weights.hpp"
#include "tiny_caption_model.hpp"
#include "tiny_caption_network.hpp"

namespace fovea::nn {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// What opening a folder throws, as "code: message"; empty when it opens.
std::string open_error(const std::filesystem::path& folder) {
  try {
    Model::open(folder);
    return {};
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
}

class ModelFolder : public testing::Test {
 protected:
  ModelFolder() { tests::write_tiny_caption_model(folder_); }

  /// Changes config.json through `change`.
  void edit_config(const std::function<void(nlohmann::json&)>& change) {
    auto json = nlohmann::json::parse(tests::read_text(folder_ / "config.json"));
    change(json);
    temp_.write("tiny/config.json", json.dump());
  }

  tests::TempFolder temp_;
  std::filesystem::path folder_ = temp_ / "tiny";
};

class BothDecoders : public testing::TestWithParam<DecoderFamily> {};

TEST_P(BothDecoders, SavedAndOpenedWeightsAreEqualInFloat16) {
  const tests::TempFolder temp;
  const c10::AutoGradMode no_grad(false);
  const auto words = tests::tiny_vocabulary();
  const auto config = tests::tiny_caption_config(GetParam(), words.size());
  auto network = tests::tiny_caption_network(config, 5);
  save_caption_model(temp / "m", config, words, *network);

  const CaptionModel model(temp / "m", {});
  for (const auto& [name, weight] : named_weights(*network)) weight.copy_(weight.to(at::kHalf));
  const auto opened = named_weights(model.decoder());
  const auto saved = named_weights(network->decoder());
  ASSERT_EQ(opened.size(), saved.size());
  for (const auto& [name, weight] : saved) EXPECT_TRUE(at::equal(weight, opened.at(name))) << name;
  // Encoder and backbone, by what they make of an image.
  const auto rgb = at::randint(256, {2, 64, 64, 3}, at::TensorOptions(at::kByte));
  const auto tokens = model.encode(rgb).tokens;
  EXPECT_LT((tokens - network->encode(network->extract(rgb)).tokens).abs().max().item<float>(),
            1e-3);  // fused operators

  EXPECT_EQ(model.config().decoder, GetParam());
  EXPECT_EQ(to_json(model.config()), to_json(config));
  EXPECT_EQ(model.info().id, "m");
  EXPECT_EQ(model.info().architecture, "FoveaCaptioner");
  EXPECT_EQ(model.info().licence, config.licence);
  EXPECT_EQ(model.info().input_width, 64);
  EXPECT_EQ(model.info().input_height, 64);
  EXPECT_EQ(model.info().vocabulary_size, words.size());
  std::int64_t count = 0;
  for (const auto& parameter : network->parameters()) count += parameter.numel();
  EXPECT_EQ(model.info().parameters, count);
}

TEST_P(BothDecoders, Bf16CaptionsAsFp32Does) {
  const tests::TempFolder temp;
  const auto decoder = GetParam() == DecoderFamily::lstm ? tests::TinyDecoder::lstm : tests::TinyDecoder::transformer;
  tests::write_tiny_caption_model(temp / "m", 1, decoder);
  const CaptionModel exact(temp / "m", {});
  const CaptionModel rounded(temp / "m", {.precision = Precision::bf16});
  EXPECT_EQ(rounded.info().sha256, exact.info().sha256);

  at::manual_seed(2);
  const auto rgb = at::randint(256, {4, 64, 64, 3}, at::TensorOptions(at::kByte));
  const c10::AutoGradMode no_grad(false);
  const auto memory = rounded.encode(rgb);
  EXPECT_EQ(memory.tokens.scalar_type(), at::kBFloat16);
  const auto tokens = at::randint(4, 14, {4, 2, 6}, at::TensorOptions(at::kLong));
  const auto expected = exact.decoder().forward(exact.encode(rgb), tokens, false).logits;
  const auto found = rounded.decoder().forward(memory, tokens, false).logits.to(at::kFloat);
  // bfloat16 has 8 bits: a few layers of rounding leave far less than the spread of the logits.
  EXPECT_LT((found - expected).abs().mean().item<float>(), 0.05 * expected.std().item<float>());

  for (const auto& captions : decode::beam_search(rounded.decoder(), memory, {})) {
    ASSERT_FALSE(captions.empty());
    EXPECT_FALSE(captions.front().words().empty());
    for (const auto id : captions.front().words()) EXPECT_NO_THROW(rounded.vocabulary().word(id));
  }
}

INSTANTIATE_TEST_SUITE_P(CaptionModel, BothDecoders, testing::Values(DecoderFamily::transformer, DecoderFamily::lstm),
                         [](const auto& param) { return param.param == DecoderFamily::lstm ? "lstm" : "transformer"; });

TEST(TinyModel, CaptionsDependOnTheImage) {
  // What the tests of the command line rely on.
  const tests::TempFolder temp;
  tests::write_tiny_caption_model(temp / "m");
  const CaptionModel model(temp / "m", {});
  const c10::AutoGradMode no_grad(false);
  auto rgb = at::zeros({3, 64, 64, 3}, at::TensorOptions(at::kByte));
  rgb[1].fill_(255);
  rgb[2].slice(0, 0, 32).select(2, 0).fill_(255);
  const auto captions = decode::beam_search(model.decoder(), model.encode(rgb), {});
  EXPECT_NE(captions[0].front().tokens, captions[1].front().tokens);
  EXPECT_NE(captions[0].front().tokens, captions[2].front().tokens);
}

TEST_F(ModelFolder, EveryTensorThatDoesNotFitIsNamed) {
  auto tensors = read_tensors(folder_ / "model.safetensors");
  tensors.erase("encoder.blocks.3.project.bias");
  tensors["decoder.positions"] = at::zeros({3, 16});
  tensors["decoder.output_bias"] = at::zeros({14}, at::TensorOptions(at::kLong));
  tensors["decoder.blocks.7.norm.weight"] = at::zeros({16});
  write_tensors(folder_ / "model.safetensors", tensors, at::kHalf);
  EXPECT_THAT(open_error(folder_), AllOf(HasSubstr("model: "), HasSubstr("model.safetensors"),
                                         HasSubstr("missing: encoder.blocks.3.project.bias"),
                                         HasSubstr("wrong shape: decoder.positions is [3, 16], expected [40, 16]"),
                                         HasSubstr("wrong type: decoder.output_bias is Long"),
                                         HasSubstr("unexpected: decoder.blocks.7.norm.weight")));
}

TEST_F(ModelFolder, EveryMissingFileIsNamed) {
  for (const char* name : {"config.json", "vocab.txt", "model.safetensors"}) {
    const auto kept = tests::read_text(folder_ / name);
    std::filesystem::remove(folder_ / name);
    EXPECT_THAT(open_error(folder_), AllOf(HasSubstr("io: "), HasSubstr(name)));
    temp_.write("tiny/" + std::string(name), kept);
  }
  EXPECT_EQ(open_error(folder_), "");
  EXPECT_THAT(open_error(temp_ / "nowhere"), AllOf(HasSubstr("io: "), HasSubstr("nowhere")));
}

TEST_F(ModelFolder, TruncatedWeightsAreCorrupt) {
  const auto bytes = tests::read_text(folder_ / "model.safetensors");
  temp_.write("tiny/model.safetensors", std::string_view(bytes).substr(0, bytes.size() / 2));
  EXPECT_THAT(open_error(folder_), AllOf(HasSubstr("corrupt: "), HasSubstr("model.safetensors")));
}

TEST_F(ModelFolder, ConfigurationThatIsNotJsonIsRefused) {
  temp_.write("tiny/config.json", "{\"architecture\": ");
  EXPECT_THAT(open_error(folder_), AllOf(HasSubstr("model: "), HasSubstr("config.json is not valid JSON")));
}

TEST_F(ModelFolder, HostileConfigurationsAreRefused) {
  temp_.write("tiny/config.json", R"({"vision_config": )" + std::string(200'000, '['));
  EXPECT_THAT(open_error(folder_), AllOf(HasSubstr("model: "), HasSubstr("config.json: it nests over 64")));
  std::filesystem::resize_file(folder_ / "config.json", 16'000'001);
  EXPECT_THAT(open_error(folder_), HasSubstr("config.json has 16000001 bytes; at most 16000000 are read"));
  std::filesystem::remove(folder_ / "config.json");
  std::filesystem::create_directory(folder_ / "config.json");
  EXPECT_THAT(open_error(folder_), AllOf(HasSubstr("io: "), HasSubstr("config.json: it is not a regular file")));
}

TEST_F(ModelFolder, ConfigurationsThatDoNotFitAreRefusedByKey) {
  using Json = nlohmann::json;
  struct Case {
    std::function<void(Json&)> change;
    const char* expected;
  };
  const std::vector<Case> cases{
      {[](Json& j) { j["architecture"] = "Resnet"; }, "'architecture' is 'Resnet'"},
      {[](Json& j) { j.erase("licence"); }, "'licence' is missing"},
      {[](Json& j) { j["input_size"] = 65; }, "'input_size' is 65, expected a multiple of 32"},
      {[](Json& j) { j["input_size"] = "64"; }, "'input_size' is \"64\", expected an integer"},
      {[](Json& j) { j["colour"] = 1; }, "'colour' is not a known key"},
      {[](Json& j) { j["backbone"]["depth"] = 2; }, "backbone: 'depth' is not a known key"},
      {[](Json& j) { j["backbone"]["heads"] = 3; }, "backbone: width 16 is no multiple of heads 3"},
      {[](Json& j) { j["backbone"]["grid"] = "medium"; }, "'grid' is 'medium', expected one of: coarse, fine"},
      {[](Json& j) { j["decoder"]["width"] = 32; }, "decoder: width 32 differs from the backbone's 16"},
      {[](Json& j) { j["decoder"]["dropout"] = -0.1; }, "'dropout' is -0.1"},
      {[](Json& j) { j["decoder"]["state_size"] = 8; }, "decoder: 'state_size' is not a known key"},
      {[](Json& j) { j["decoder"]["vocabulary_size"] = 20; }, "vocab.txt has 14 words, config.json says 20"},
  };
  const auto good = Json::parse(tests::read_text(folder_ / "config.json"));
  for (const auto& wrong : cases) {
    edit_config([&](Json& json) { wrong.change(json = good); });
    EXPECT_THAT(open_error(folder_), AllOf(HasSubstr("model: "), HasSubstr(wrong.expected)));
  }
}

TEST_F(ModelFolder, Sha256ChangesWithEveryFile) {
  const auto before = Model::open(folder_)->info().sha256;
  EXPECT_EQ(before.size(), 64U);
  EXPECT_EQ(Model::open(folder_)->info().sha256, before);
  std::vector<std::string> seen{before};
  const auto expect_new = [&] {
    const auto now = Model::open(folder_)->info().sha256;
    EXPECT_EQ(std::count(seen.begin(), seen.end(), now), 0);
    seen.push_back(now);
  };
  edit_config([](nlohmann::json& json) { json["licence"] = "other terms"; });
  expect_new();
  auto words = tests::read_text(folder_ / "vocab.txt");
  words.replace(words.rfind("the\n"), 4, "one\n");
  temp_.write("tiny/vocab.txt", words);
  expect_new();
  auto tensors = read_tensors(folder_ / "model.safetensors");
  tensors.at("decoder.output_bias")[5] += 1;
  write_tensors(folder_ / "model.safetensors", tensors, at::kHalf);
  expect_new();
}

TEST_F(ModelFolder, NameInTheConfigurationIsTheId) {
  EXPECT_EQ(Model::open(folder_)->info().id, "tiny");
  EXPECT_EQ(Model::open(folder_ / ".")->info().id, "tiny");
  edit_config([](nlohmann::json& json) { json["name"] = "squares"; });
  EXPECT_EQ(Model::open(folder_)->info().id, "squares");
}

}  // namespace
}  // namespace fovea::nn
