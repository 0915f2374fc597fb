/// Pixels of networks whose files say nothing of them, or say it in an older form.
#include <fstream>
#include <string>

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

#include "app/temp_folder.hpp"
#include "cnn_support.hpp"
#include "fovea/error.hpp"
#include "fovea/import.hpp"
#include "fovea/model.hpp"
#include "nn/preprocessor_config.hpp"
#include "nn/torchvision_files.hpp"

namespace fovea::nn {
namespace {

namespace fs = std::filesystem;
using image::Filter;
using image::InputTransform;
using image::ResizeRule;
using image::torchvision_transform;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::blueprint_of;
using tests::read_config;
using tests::read_weights;
using text::OrderedJson;

/// Without what the rule does not look at.
InputTransform relevant(InputTransform input) {
  if (input.rule == ResizeRule::shortest_edge) {
    input.resize_width = input.resize_height = 0;
  } else {
    input.shortest_edge = 0;
  }
  return input;
}

TEST(PublishedInput, TimmsNamesStandForWhatTimmMakesOfThem) {
  const auto groups = OrderedJson::parse(std::ifstream(FOVEA_TEST_DATA_DIR "/nn/timm_inputs.json"));
  ASSERT_GT(groups.size(), 5);
  for (const auto& group : groups) {
    const auto expected = parse_timm_config(group.dump(), "timm_inputs.json");
    for (const auto& name : group.at("names")) {
      SCOPED_TRACE(name);
      const auto found = blueprint_of({{"architecture", name}}, {}).input;
      EXPECT_EQ(relevant(found), relevant(expected)) << "shorter side " << found.shortest_edge;
    }
  }
}

/// A configuration as the first releases of timm wrote it.
OrderedJson old_form(const std::string& folder) {
  const auto json = read_config(folder);
  auto old = json.at("pretrained_cfg");
  for (const auto& [key, value] : json.items()) {
    if (key != "pretrained_cfg" && key != "label_names") old[key] = value;
  }
  return old;
}

TEST(PublishedInput, OldFoldersOfTimmAreReadAsNewOnes) {
  auto json = old_form("timm-vit");
  json["labels"] = {"cat", "dog", "owl", "fox"};
  json["mean"] = {0.4, 0.5, 0.6};
  json["crop_pct"] = 0.75;
  const tests::TempFolder folder;
  fs::copy(tests::model_folder("timm-vit"), folder / "model");
  folder.write("model/config.json", json.dump());
  const auto info = Model::open(folder / "model")->info();
  EXPECT_THAT(info.labels, ElementsAre("cat", "dog", "owl", "fox"));
  EXPECT_EQ(info.input_width, 24);
  EXPECT_THAT(info.preprocessing, AllOf(HasSubstr("32"), HasSubstr("0.4")));

  json.erase("model_args");  // then the size follows from the pixels
  json["input_size"] = {3, 32, 32};
  json["architecture"] = "vit_tiny_patch16_224";
  EXPECT_EQ(blueprint_of(json, {}).network->shape().input_width, 32);
}

TEST(PublishedInput, LabelsOfTimmMayLieWithThePixels) {
  auto json = read_config("timm-mobilenetv3_small_050");
  json["pretrained_cfg"]["label_names"] = json["label_names"];
  json.erase("label_names");
  EXPECT_EQ(blueprint_of(json, read_weights("timm-mobilenetv3_small_050")).labels.back(), "class 4");
}

TEST(PublishedInput, DamagedPixelsOfTimmAreAnErrorOfTheFile) {
  EXPECT_THAT(
      [] { parse_timm_config(R"({"pretrained_cfg": {"input_size": [3, 3, 3], "crop_pct": 4}})", "config.json"); },
      ::testing::Throws<Error>(
          AllOf(::testing::Property(&Error::code, ErrorCode::model),
                ::testing::Property(&Error::what, AllOf(HasSubstr("config.json"), HasSubstr("resize_width"))))));
}

TEST(PublishedInput, TorchvisionsFilesAreKnownByTheirDigest) {
  for (const char* name : {"resnet50-0676ba61.pth", "here/resnet101-63fe2227.pth", "resnet152-394f9c45.safetensors",
                           "mobilenet_v2-b0353104.pth", "mobilenet_v3_large-8738ca79.pth"}) {
    const auto pixels = torchvision_pixels(name);
    ASSERT_TRUE(pixels) << name;
    EXPECT_EQ(pixels->resize_size, 256);
    EXPECT_STREQ(pixels->interpolation, "bilinear");
  }
  EXPECT_EQ(torchvision_pixels("vit_b_16_lc_swag-4e70ced5.pth")->resize_size, 224);
  for (const char* name : {"efficientnet_b1_rwightman-bac287d4.pth", "efficientnet_b1_rwightman-533bc792.pth"}) {
    const auto pixels = torchvision_pixels(name);
    ASSERT_TRUE(pixels) << name;
    EXPECT_EQ(pixels->resize_size, 256);
    EXPECT_STREQ(pixels->interpolation, "bicubic");
  }
  for (const char* name : {"resnet50-11ad3fa6.pth", "resnet50.pth", "0676ba61.pth", "vit_b_16-c867db91.pth"}) {
    EXPECT_FALSE(torchvision_pixels(name)) << name;
  }
}

TEST(PublishedInput, ConfigurationsOfTorchvisionMaySayAnother) {
  OrderedJson json{{"library", "torchvision"}, {"architecture", "resnet50"}};
  EXPECT_EQ(blueprint_of(json, {}).input, torchvision_transform(232, 224));
  json["resize_size"] = 256;
  json["interpolation"] = "bicubic";
  for (const char* name : {"resnet50", "densenet121", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0",
                           "convnext_tiny", "vit_b_16"}) {
    json["architecture"] = name;
    EXPECT_EQ(blueprint_of(json, {}).input, torchvision_transform(256, 224, Filter::bicubic)) << name;
  }
  json["interpolation"] = "nearest";
  EXPECT_THAT([&] { blueprint_of(json, {}); },
              ::testing::ThrowsMessage<Error>(HasSubstr("'interpolation' is 'nearest'")));
}

TEST(PublishedInput, TheSizeOfTorchvisionsTransformersFollowsFromThePositions) {
  const OrderedJson json{{"library", "torchvision"}, {"architecture", "vit_b_16"}};
  const auto with = [&](std::int64_t positions) {
    return blueprint_of(json, {{"encoder.pos_embedding", at::zeros({1, positions, 1})}});
  };
  const auto large = with(1 + 24 * 24);
  EXPECT_EQ(large.network->shape().input_width, 384);
  EXPECT_EQ(large.input, torchvision_transform(384, 384, Filter::bicubic));
  EXPECT_EQ(with(1 + 14 * 14).input, torchvision_transform(256, 224));
  for (const std::int64_t positions : {0, 1, 200}) EXPECT_EQ(with(positions).network->shape().input_width, 224);
}

TEST(PublishedInput, ImportWritesWhatItChose) {
  const tests::TempFolder folder;
  write_tensors(folder / "mobilenet_v3_large-8738ca79.safetensors", read_weights("torchvision-mobilenet_v3_large"),
                at::kFloat);
  fs::copy_file(folder / "mobilenet_v3_large-8738ca79.safetensors", folder / "mine.safetensors");
  const auto config_of = [&](const char* file) {
    const auto output = folder / (std::string(file) + ".imported");
    import_model({.source = folder / file, .output = output, .architecture = "torchvision/mobilenet_v3_large"});
    EXPECT_THAT(Model::open(output)->info().preprocessing,
                HasSubstr(std::string(file) == "mine.safetensors" ? "232" : "256"));
    return OrderedJson::parse(std::ifstream(output / "config.json"));
  };
  const auto first = config_of("mobilenet_v3_large-8738ca79.safetensors");
  EXPECT_EQ(first.at("resize_size"), 256);
  EXPECT_EQ(first.at("interpolation"), "bilinear");
  EXPECT_EQ(config_of("mine.safetensors").at("resize_size"), 232);
}

}  // namespace
}  // namespace fovea::nn
