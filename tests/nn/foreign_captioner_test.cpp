/// Captioners of transformers with small random weights, against what transformers itself makes of them
/// (tests/reference/make_captioner_goldens.py).
#include "nn/foreign_captioner.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/temp_folder.hpp"
#include "decode/beam_search.hpp"
#include "decode/caption_attention.hpp"
#include "fovea/captioner.hpp"
#include "fovea/error.hpp"
#include "nn/input_tensor.hpp"
#include "nn/weights.hpp"

namespace fovea::nn {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kImages = 5;

fs::path folder_of(const std::string& name) { return fs::path(FOVEA_TEST_DATA_DIR) / "models" / name; }

/// The largest difference, as a part of the largest value.
double relative_difference(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_EQ(found.sizes(), expected.sizes());
  return ((found.to(at::kFloat) - expected).abs().max() / expected.abs().max()).item<double>();
}

class ForeignCaptioners : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    golden_ = read_tensors(folder_of(GetParam()) / "golden.safetensors");
    json_ = Json::parse(std::ifstream(folder_of(GetParam()) / "golden.json"));
    opened_ = Model::open(folder_of(GetParam()));
    model_ = std::dynamic_pointer_cast<const CaptioningModel>(opened_);
    ASSERT_NE(model_, nullptr);
    for (int i = 0; i < kImages; ++i) {
      const auto pixels = golden_.at("image_" + std::to_string(i));
      const auto* bytes = pixels.const_data_ptr<std::uint8_t>();
      Image image;
      image.width = static_cast<int>(pixels.size(1));
      image.height = static_cast<int>(pixels.size(0));
      image.pixels.assign(bytes, bytes + pixels.numel());
      images_.push_back(image);
    }
  }

  /// Images as the encoder takes them, 8-bit [B, height, width, 3].
  at::Tensor prepared(const std::vector<Image>& images) const {
    std::vector<at::Tensor> batch;
    for (const auto& image : images) {
      auto found = image::apply(image, model_->input_transform()).image;
      auto rgb = at::empty({found.height, found.width, 3}, at::kByte);
      std::copy(found.pixels.begin(), found.pixels.end(), rgb.mutable_data_ptr<std::uint8_t>());
      batch.push_back(rgb);
    }
    return at::stack(batch);
  }

  static CaptionOptions options_of(const Json& search) {
    CaptionOptions o;
    o.beam = search.at("num_beams");
    o.max_length = search.at("max_new_tokens");
    o.min_length = search.value("min_new_tokens", 0);
    o.length_penalty = search.value("length_penalty", 1.0);
    o.no_repeat_ngram = search.value("no_repeat_ngram_size", 0);
    o.top = search.value("num_return_sequences", 1);
    return o;
  }

  CaptionTokens tokens_of(const Json& search) const {
    auto tokens = model_->tokens(search.at("prompt"));
    const auto stopping = search.at("options").value("early_stopping", Json(false));
    tokens.early_stopping = stopping == "never" ? EarlyStopping::never
                            : stopping == true  ? EarlyStopping::yes
                                                : EarlyStopping::no;
    return tokens;
  }

  TensorMap golden_;
  Json json_;
  std::shared_ptr<const Model> opened_;
  std::shared_ptr<const CaptioningModel> model_;
  std::vector<Image> images_;
};

TEST_P(ForeignCaptioners, PixelsAreThoseOfTheImageProcessor) {
  const auto pixels = normalize(prepared(images_), model_->input_transform());
  EXPECT_LT((pixels - golden_.at("pixels")).abs().max().item<double>(), 1e-5);
}

TEST_P(ForeignCaptioners, EncoderLogitsAndCrossAttentionAreEqual) {
  const c10::InferenceMode inference;
  const auto memory = model_->encode(prepared(images_));
  EXPECT_LT(relative_difference(memory.tokens, golden_.at("encoded")), 1e-4);
  EXPECT_EQ(memory.tokens.size(1), memory.prefix + memory.grid_height * memory.grid_width);
  const auto forced = model_->decoder().forward(memory, golden_.at("tokens").unsqueeze(1), /*want_attention=*/true);
  EXPECT_LT(relative_difference(forced.logits.squeeze(1), golden_.at("logits")), 1e-4);
  EXPECT_LT(relative_difference(forced.attention.squeeze(1), golden_.at("attention")), 1e-4);
}

TEST_P(ForeignCaptioners, SearchesFindTheSameTokens) {
  const c10::InferenceMode inference;
  const auto memory = model_->encode(prepared(images_));
  for (const auto& search : json_.at("searches")) {
    SCOPED_TRACE(search.at("options").dump() + search.at("prompt").dump());
    const auto options = options_of(search.at("options"));
    const auto tokens = tokens_of(search);
    const auto found = decode::beam_search(model_->decoder(), memory, options, tokens);
    for (std::size_t image = 0; image < kImages; ++image) {
      const auto& expected = search.at("tokens")[image];
      ASSERT_EQ(found[image].size(), expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(found[image][i].tokens, expected[i].get<std::vector<std::int64_t>>()) << "image " << image;
      }
    }
  }
}

TEST_P(ForeignCaptioners, BatchesDoNotChangeCaptions) {
  const c10::InferenceMode inference;
  const auto& search = json_.at("searches")[4];
  for (const std::size_t size : {1, 2, 3}) {
    for (std::size_t begin = 0; begin < kImages; begin += size) {
      const auto end = std::min(begin + size, images_.size());
      const std::vector<Image> some(images_.begin() + static_cast<std::ptrdiff_t>(begin),
                                    images_.begin() + static_cast<std::ptrdiff_t>(end));
      const auto found = decode::beam_search(model_->decoder(), model_->encode(prepared(some)),
                                             options_of(search.at("options")), tokens_of(search));
      for (std::size_t i = begin; i < end; ++i) {
        EXPECT_EQ(found[i - begin].front().tokens, search.at("tokens")[i][0].get<std::vector<std::int64_t>>());
      }
    }
  }
}

TEST_P(ForeignCaptioners, CaptionsAreTheTextsOfTheTokenizer) {
  for (const auto& search : json_.at("searches")) {
    if (search.at("options").contains("early_stopping")) continue;
    auto options = options_of(search.at("options"));
    options.prompt = search.at("prompt");
    const Captioner captioner(opened_, options);
    for (std::size_t i = 0; i < kImages; ++i) {
      EXPECT_EQ(captioner.caption(images_[i]).hypotheses.front().text, search.at("texts")[i].get<std::string>());
    }
  }
}

TEST_P(ForeignCaptioners, SearchesAsItsAuthorsDoByDefault) {
  const c10::InferenceMode inference;
  const auto options = default_caption_options(*opened_);
  const auto found =
      decode::beam_search(model_->decoder(), model_->encode(prepared(images_)), options, model_->tokens(""));
  for (std::size_t i = 0; i < kImages; ++i) {
    EXPECT_EQ(found[i].front().tokens, json_.at("default")[i].get<std::vector<std::int64_t>>());
  }
}

TEST_P(ForeignCaptioners, AttentionIsPerWordAndOnTheGridOnly) {
  auto options = options_of(json_.at("searches")[3].at("options"));
  options.attention = true;
  const Captioner captioner(opened_, options);
  const auto caption = captioner.caption(images_[0]);
  const auto& best = caption.hypotheses.front();
  ASSERT_EQ(best.attention.words, static_cast<int>(best.words.size()));
  EXPECT_EQ(best.word_log_probs.size(), best.words.size());
  EXPECT_EQ(best.attention.grid_height, 4);
  EXPECT_EQ(best.attention.grid_width, 4);
  for (int word = 0; word < best.attention.words; ++word) {
    const auto map = best.attention.word_map(word);
    EXPECT_NEAR(std::accumulate(map.begin(), map.end(), 0.0), 1, 1e-4);
  }
}

TEST_P(ForeignCaptioners, HalfPrecisionFilesAreTheirValuesInFloats) {
  const tests::TempFolder temp;
  fs::copy(folder_of(GetParam()), temp / "half");
  fs::copy(folder_of(GetParam()), temp / "float");
  const auto weights = read_tensors(folder_of(GetParam()) / "model.safetensors");
  for (const auto type : {at::kHalf, at::kBFloat16}) {
    auto rounded = weights;
    for (auto& [name, tensor] : rounded) {
      if (tensor.is_floating_point()) tensor = tensor.to(type);
    }
    write_tensors(temp / "half" / "model.safetensors", rounded, std::nullopt);
    write_tensors(temp / "float" / "model.safetensors", rounded, at::kFloat);
    for (const auto precision : {Precision::fp32, Precision::bf16}) {
      const auto caption = [&](const char* folder) {
        const Captioner captioner(Model::open(temp / folder, {.precision = precision}), {.no_repeat_ngram = 0});
        return captioner.caption(images_[0]).hypotheses.at(0);
      };
      const auto from_half = caption("half"), from_float = caption("float");
      EXPECT_EQ(from_half.text, from_float.text);
      EXPECT_EQ(from_half.log_prob, from_float.log_prob);
    }
  }
}

std::string refusal_of(const fs::path& folder) {
  try {
    Model::open(folder);
  } catch (const Error& e) {
    return e.what();
  }
  return "opened";
}

TEST_P(ForeignCaptioners, WhatIsMissingIsNamed) {
  const tests::TempFolder temp;
  const auto spoilt = [&](const std::string& name, const auto& spoil) {
    fs::copy(folder_of(GetParam()), temp / name);
    spoil(temp / name);
    return refusal_of(temp / name);
  };
  EXPECT_THAT(spoilt("weights", [](const fs::path& m) { fs::remove(m / "model.safetensors"); }),
              HasSubstr("model.safetensors"));
  EXPECT_THAT(spoilt("config", [](const fs::path& m) { fs::remove(m / "config.json"); }), HasSubstr("config.json"));
  EXPECT_THAT(spoilt("tokenizer", [](const fs::path& m) { fs::remove(m / "tokenizer.json"); }),
              HasSubstr("tokenizer.json"));
  std::string name;
  const auto lose_one = [&](const fs::path& m) {
    auto tensors = read_tensors(m / "model.safetensors");
    name = std::next(tensors.begin(), static_cast<std::ptrdiff_t>(tensors.size() / 2))->first;
    tensors.erase(name);
    write_tensors(m / "model.safetensors", tensors, at::kFloat);
  };
  const auto message = spoilt("tensor", lose_one);
  EXPECT_THAT(message, AllOf(HasSubstr("missing: "), HasSubstr(name)));
}

TEST(ForeignFolders, UnknownFamiliesAreNamedWithTheKnownOnes) {
  const tests::TempFolder temp;
  fs::copy(folder_of("blip"), temp / "m");
  auto config = Json::parse(std::ifstream(temp / "m" / "config.json"));
  config["model_type"] = "kosmos";
  std::ofstream(temp / "m" / "config.json") << config;
  EXPECT_THAT(refusal_of(temp / "m"), AllOf(HasSubstr("'kosmos'"), HasSubstr("blip"), HasSubstr("git")));
}

/// A copy of a folder of which one JSON file was changed.
template <typename Change>
void write_changed(const fs::path& copy, const std::string& model, const std::string& file, const Change& change) {
  fs::create_directories(copy.parent_path());
  fs::copy(folder_of(model), copy);
  auto json = Json::parse(std::ifstream(copy / file));
  change(json);
  std::ofstream(copy / file) << json;
}

TEST(ForeignFolders, BlipsOfOtherTasksAreNamed) {
  const tests::TempFolder temp;
  write_changed(temp / "m", "blip", "config.json",
                [](Json& json) { json["architectures"] = {"BlipForQuestionAnswering"}; });
  EXPECT_THAT(refusal_of(temp / "m"), HasSubstr("'architectures' names BlipForQuestionAnswering"));
}

TEST(ForeignFolders, PixelsMustFitTheEncoder) {
  const tests::TempFolder temp;
  write_changed(temp / "m", "blip", "preprocessor_config.json", [](Json& json) {
    json["size"] = {{"height", 24}, {"width", 24}};
  });
  EXPECT_THAT(refusal_of(temp / "m"), AllOf(HasSubstr("makes images of 24 x 24 pixels"), HasSubstr("takes 32 x 32")));
  for (const char* model : {"blip", "git", "vit-gpt2"}) {
    fs::copy(folder_of(model), temp / model);
    fs::remove(temp / model / "preprocessor_config.json");
    EXPECT_EQ(refusal_of(temp / model), "opened") << "without the file, what the encoder was made for";
  }
}

TEST(ForeignFolders, SettingsThatTheModelCannotFollowAreMadeToFit) {
  const tests::TempFolder temp;
  write_changed(temp / "m", "vit-gpt2", "generation_config.json", [](Json& json) {
    json["max_length"] = 5000;
    json["pad_token_id"] = 5000;
  });
  const auto open = Model::open(temp / "m");
  const auto& model = dynamic_cast<const CaptioningModel&>(*open);
  EXPECT_EQ(model.defaults().max_length, *model.max_positions() - 1);
  const auto tokens = model.tokens("");
  EXPECT_EQ(tokens.pad, tokens.ends.front());
}

TEST(ForeignFolders, BlipsTextDecoderKeepsItsOwnSettings) {
  const tests::TempFolder temp;
  write_changed(temp / "m", "blip", "config.json", [](Json& json) {
    json["text_config"]["max_length"] = 7;
    json["text_config"]["num_beams"] = 2;
  });
  const auto options = default_caption_options(*Model::open(temp / "m"));
  EXPECT_EQ(options.beam, 1);
  EXPECT_EQ(options.max_length, 20);
}

TEST(ForeignFolders, SnapshotsOfAHubAreCalledAsTheirModel) {
  const tests::TempFolder temp;
  const auto snapshot =
      temp / "models--someone--captioner-base" / "snapshots" / "82a37760796d32b1411fe092ab5d4e227313294b";
  fs::create_directories(snapshot.parent_path());
  fs::copy(folder_of("blip"), snapshot);
  EXPECT_EQ(Model::open(snapshot)->info().id, "captioner-base");
}

TEST(ForeignFolders, PromptsAreRefusedByModelsThatTakeNone) {
  EXPECT_THROW(Captioner(Model::open(folder_of("vit-gpt2")), {.prompt = "a photo"}), Error);
}

INSTANTIATE_TEST_SUITE_P(Families, ForeignCaptioners, testing::Values("blip", "vit-gpt2", "deit-bert", "git"),
                         [](const auto& family) {
                           auto name = family.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace fovea::nn
