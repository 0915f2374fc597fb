/// Decoders of foreign models against what transformers computes (tests/reference/make_decoder_goldens.py).
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "nn/bert_decoder.hpp"
#include "nn/git_decoder.hpp"
#include "nn/gpt2_decoder.hpp"

namespace fovea::nn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using V = std::vector<std::int64_t>;

constexpr double kTolerance = 1e-4;  // of the largest magnitude

/// A decoder and where its weights are found.
struct Blueprint {
  std::shared_ptr<CaptionDecoder> network;
  NameMap names;
};

std::filesystem::path folder_of(const std::string& name) {
  return std::filesystem::path(FOVEA_TEST_DATA_DIR) / "nn" / "decoders" / name;
}

text::OrderedJson config_of(const std::string& name) {
  std::ifstream file(folder_of(name) / "config.json");
  return text::OrderedJson::parse(file);
}

Blueprint blueprint(const std::string& name, const text::OrderedJson& json, const TensorMap& tensors) {
  const ForeignConfig config(json, "config.json");
  if (name == "git") {
    const auto options = read_git_config(config, config.child("vision_config").integer("hidden_size", 768, 1, 1024));
    return {.network = GitDecoder(options).ptr(), .names = git_decoder_names(options, tensors)};
  }
  if (name == "blip") {
    const auto image_width = config.child("vision_config").integer("hidden_size", 768, 1, 1024);
    const auto options = read_blip_text_config(config.child("text_config"), image_width);
    return {.network = BertDecoder(options).ptr(), .names = bert_decoder_names(options, tensors, "text_decoder.")};
  }
  const auto image_width = config.child("encoder").integer("hidden_size", 768, 1, 1024);
  const auto decoder = config.child("decoder");
  if (name == "bert") {
    const auto options = read_bert_decoder_config(decoder, image_width);
    return {.network = BertDecoder(options).ptr(), .names = bert_decoder_names(options, tensors, "decoder.")};
  }
  const auto options = read_gpt2_decoder_config(decoder, image_width);
  return {.network = Gpt2Decoder(options).ptr(), .names = gpt2_decoder_names(options, tensors, "decoder.")};
}

std::shared_ptr<CaptionDecoder> open(const std::string& name, const TensorMap& tensors,
                                     at::ScalarType type = at::kFloat) {
  const auto plan = blueprint(name, config_of(name), tensors);
  load_foreign_weights(*plan.network, tensors, plan.names, type, name);
  plan.network->eval();
  return plan.network;
}

double difference(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).abs().max() / expected.abs().max()).item<double>();
}

class ForeignDecoderTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    tensors_ = read_tensors(folder_of(GetParam()) / "model.safetensors");
    golden_ = read_tensors(folder_of(GetParam()) / "golden.safetensors");
    memory_ = {.tokens = golden_.at("image"), .grid_height = 2, .grid_width = 3, .prefix = 1};
    images_ = golden_.at("tokens").size(0);
    captions_ = golden_.at("tokens").size(1);
    length_ = golden_.at("tokens").size(2);
  }

  std::string message_of(const text::OrderedJson& config, const TensorMap& tensors) const {
    try {
      const auto plan = blueprint(GetParam(), config, tensors);
      load_foreign_weights(*plan.network, tensors, plan.names, at::kFloat, "FILE");
    } catch (const Error& e) {
      return e.what();
    }
    return {};
  }

  c10::AutoGradMode no_grad_{false};
  TensorMap tensors_, golden_;
  ImageMemory memory_;
  std::int64_t images_ = 0, captions_ = 0, length_ = 0;
};

TEST_P(ForeignDecoderTest, TeacherForcingAgreesWithTheReference) {
  const auto out = open(GetParam(), tensors_)->forward(memory_, golden_.at("tokens"), true);
  ASSERT_EQ(out.logits.sizes(), golden_.at("logits").sizes());
  EXPECT_LT(difference(out.logits, golden_.at("logits")), kTolerance);
  ASSERT_EQ(out.attention.sizes(), golden_.at("attention").sizes());
  EXPECT_LT(difference(out.attention, golden_.at("attention")), kTolerance);
}

TEST_P(ForeignDecoderTest, StepsAgreeWithTheReference) {
  const auto& tokens = golden_.at("tokens");
  for (const bool packed : {false, true}) {
    const auto decoder = open(GetParam(), tensors_);
    if (packed) pack_linears(*decoder);
    const auto state = decoder->start(memory_);
    state->select_rows(at::arange(images_).repeat_interleave(captions_), captions_);
    for (std::int64_t t = 0; t < length_; ++t) {
      const auto logits = decoder->step(*state, tokens.select(2, t).flatten());
      EXPECT_LT(difference(logits, golden_.at("logits").select(2, t).flatten(0, 1)), kTolerance)
          << "step " << t << (packed ? ", packed" : "");
    }
  }
}

TEST_P(ForeignDecoderTest, ConfigurationsThatDoNotFitAreRefused) {
  auto config = config_of(GetParam());
  auto& text = GetParam() == "git" ? config : config[GetParam() == "blip" ? "text_config" : "decoder"];
  const bool gpt2 = GetParam().starts_with("gpt2");
  const auto refusal = [&](const char* key, const text::OrderedJson& value) {
    const auto before = text[key];
    text[key] = value;
    const auto message = message_of(config, tensors_);
    text[key] = before;
    return message;
  };
  EXPECT_THAT(refusal(gpt2 ? "n_layer" : "num_hidden_layers", 0), HasSubstr("expected an integer from 1"));
  EXPECT_THAT(refusal(gpt2 ? "n_head" : "num_attention_heads", 5), HasSubstr("expected a multiple of"));
  EXPECT_THAT(refusal(gpt2 ? "activation_function" : "hidden_act", "sine"), HasSubstr("'sine' is not known"));
  if (GetParam() == "git") {
    EXPECT_THAT(refusal("num_image_with_embedding", 6), HasSubstr("'num_image_with_embedding' is 6"));
  } else if (GetParam() != "blip") {
    EXPECT_THAT(refusal("add_cross_attention", false), HasSubstr("'add_cross_attention' is false"));
  }
}

TEST_P(ForeignDecoderTest, BeamsThatBranchAreTheCaptionsTheySpell) {
  const auto decoder = open(GetParam(), tensors_);
  const auto& tokens = golden_.at("tokens");
  // Two rows per image from the second step on; rows are copied, dropped and swapped, then image 0 is done.
  const auto state = decoder->start(memory_);
  auto spelled = tokens.select(1, 0).narrow(1, 0, 1);  // [rows, t]
  decoder->step(*state, spelled.select(1, 0));
  auto images = memory_;
  std::int64_t next = 1;
  for (const V& rows : {V{0, 0, 1, 1}, V{1, 0, 2, 2}, V{0, 0, 3, 2}, V{1, 0}, V{0, 0}}) {
    state->select_rows(at::tensor(rows), 2);
    spelled = spelled.index_select(0, at::tensor(rows));
    if (next == 3) {
      state->select_images(at::tensor({1}, at::kLong));
      spelled = spelled.narrow(0, 2, 2);
      images.tokens = memory_.tokens.narrow(0, 1, 1);
    }
    const auto fed = at::arange(spelled.size(0)) * 7 + next * 11;
    spelled = at::cat({spelled, fed.unsqueeze(1)}, 1);
    const auto logits = decoder->step(*state, fed);
    const auto expected = decoder->forward(images, spelled.unflatten(0, {images.tokens.size(0), 2}), false).logits;
    EXPECT_LT(difference(logits, expected.select(2, next).flatten(0, 1)), kTolerance) << "step " << next;
    ++next;
  }
}

TEST_P(ForeignDecoderTest, HalfPrecisionIsClose) {
  for (const auto type : {at::kBFloat16, at::kHalf}) {
    const auto decoder = open(GetParam(), tensors_, type);
    auto memory = memory_;
    memory.tokens = memory_.tokens.to(type);
    const auto state = decoder->start(memory);
    const auto logits = decoder->step(*state, golden_.at("tokens").select(1, 0).select(1, 0));
    EXPECT_EQ(logits.scalar_type(), at::kFloat);
    EXPECT_LT(difference(logits, golden_.at("logits").select(1, 0).select(1, 0)), 0.05);
  }
}

TEST_P(ForeignDecoderTest, TensorsThatDoNotFitAreNamed) {
  auto tensors = tensors_;
  std::string missing, misshaped;
  for (const auto& [name, tensor] : tensors_) {
    if (missing.empty() && tensor.dim() == 2 && name.find("cls") == std::string::npos &&
        name.find("lm_head") == std::string::npos) {
      missing = name;
    } else if (name.find("position") == std::string::npos && name.ends_with(".bias") && tensor.dim() == 1) {
      misshaped = name;
    }
  }
  tensors.erase(missing);
  tensors[misshaped] = at::randn({5});
  tensors["surprise.weight"] = at::randn({2});
  EXPECT_THAT(message_of(config_of(GetParam()), tensors),
              AllOf(HasSubstr("missing: " + missing), HasSubstr("wrong shape: " + misshaped + " is [5]"),
                    HasSubstr("unexpected: surprise.weight")));
}

TEST_P(ForeignDecoderTest, CaptionsBeyondItsPositionsAreRefused) {
  const auto decoder = open(GetParam(), tensors_);
  EXPECT_THROW(decoder->forward(memory_, at::arange(26).view({2, 1, 13}), false), Error);
  const auto state = decoder->start(memory_);
  for (int i = 0; i < 12; ++i) decoder->step(*state, at::tensor({1, 2}, at::kLong));
  EXPECT_THROW(decoder->step(*state, at::tensor({1, 2}, at::kLong)), Error);
}

INSTANTIATE_TEST_SUITE_P(Decoders, ForeignDecoderTest, testing::Values("blip", "bert", "gpt2", "gpt2-projected", "git"),
                         [](const auto& param) {
                           auto name = param.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace fovea::nn
