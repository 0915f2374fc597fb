/// This project's heads on encoders of other libraries: what is trained, what comes out, what is refused.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/temp_folder.hpp"
#include "fovea/captioner.hpp"
#include "fovea/error.hpp"
#include "fovea/highlighter.hpp"
#include "fovea/loader.hpp"
#include "fovea/train_normal.hpp"
#include "io/image_writer.hpp"
#include "io/safetensors.hpp"
#include "nn/cnn_support.hpp"
#include "nn/encoder_config.hpp"
#include "nn/highlight_model.hpp"
#include "nn/model_folder.hpp"
#include "nn/patch_memory.hpp"
#include "nn/train_run.hpp"
#include "tiny_highlight_model.hpp"
#include "train/normal_config.hpp"
#include "train/starting_weights.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using tests::model_folder;

template <typename Function>
std::string error_of(const Function& function) {
  try {
    function();
    return "no error";
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
}

/// The weights below `encoder.` of a file, under their own names.
nn::TensorMap encoder_weights(const std::filesystem::path& file, const std::string& prefix = "encoder.") {
  nn::TensorMap weights;
  for (const auto& [name, tensor] : nn::read_tensors(file)) {
    if (name.starts_with(prefix)) weights.emplace(name.substr(prefix.size()), tensor);
  }
  return weights;
}

/// What a run on the folder of a family starts from.
nn::TensorMap starting_weights(const std::string& model) {
  const nn::Encoder encoder(train::find_encoder(model_folder(model)));
  train::load_encoder(encoder, model_folder(model));
  nn::TensorMap weights;
  for (const auto& [name, tensor] : nn::named_weights(*encoder.module())) {
    weights.emplace(name, tensor.detach().contiguous().clone());
  }
  return weights;
}

/// Of `before`, how many tensors are not the same in `after`; -1 where the names differ.
int moved(const nn::TensorMap& before, const nn::TensorMap& after) {
  int count = 0;
  if (before.size() != after.size()) return -1;
  for (const auto& [name, tensor] : before) {
    const auto found = after.find(name);
    if (found == after.end()) return -1;
    if (!found->second.contiguous().equal(tensor)) ++count;
  }
  return count;
}

/// A grey ground, with a bright square of `side` pixels (0: none), and its mask.
std::pair<Image, Image> square_picture(int side, unsigned seed) {
  constexpr int kSide = 64;
  Image image{.width = kSide, .height = kSide, .pixels = {}, .geometry = {}}, mask = image;
  const int left = static_cast<int>(seed * 7 % (kSide - 30)), top = static_cast<int>(seed * 13 % (kSide - 30));
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const bool inside = x >= left && x < left + side && y >= top && y < top + side;
      const int noise = static_cast<int>((static_cast<unsigned>(x * 31 + y * 17) + seed * 11) % 23);
      for (int c = 0; c < 3; ++c) {
        image.pixels.push_back(static_cast<std::uint8_t>((inside ? 200 : 50) + noise));
        mask.pixels.push_back(inside ? 255 : 0);
      }
    }
  }
  return {image, mask};
}

TEST(Encoder, SaysWhatItNeeds) {
  const auto vit = train::find_encoder(model_folder("vit"));
  ASSERT_TRUE(vit);
  EXPECT_TRUE(vit->layout.one_grid);
  EXPECT_EQ(vit->layout.coarse.stride, 8);
  EXPECT_EQ(vit->layout.quarter.channels, 24);
  EXPECT_EQ(nn::wrong_input(vit, 24), "");
  EXPECT_THAT(nn::wrong_input(vit, 32), HasSubstr("24, the size that the encoder (vit) was made for"));
  const auto dinov2 = train::find_encoder(model_folder("dinov2"));
  EXPECT_EQ(nn::wrong_input(dinov2, 64), "");
  EXPECT_EQ(nn::wrong_input(dinov2, 60), "a multiple of 8");
  const auto resnet = train::find_encoder(model_folder("resnet"));
  ASSERT_TRUE(resnet);
  EXPECT_FALSE(resnet->layout.one_grid);
  EXPECT_EQ(resnet->layout.fine.stride, 16);
  EXPECT_EQ(resnet->layout.fine.channels, 32);
  EXPECT_EQ(nn::wrong_input(resnet, 48), "a multiple of 32");
  EXPECT_EQ(nn::wrong_input({}, 48), "a multiple of 32") << "MobileNetV2";
  EXPECT_FALSE(train::find_encoder({}));
  EXPECT_FALSE(train::find_encoder(model_folder("resnet") / "model.safetensors")) << "a file is MobileNetV2's";

  const auto json = nn::encoder_json(*resnet);
  EXPECT_EQ(json.at("config"), tests::read_config("resnet")) << "as it is";
  const auto back = nn::parse_encoder(json, "config.json: encoder");
  EXPECT_EQ(back.family, "resnet");
  EXPECT_EQ(back.values.mean, resnet->values.mean);
  EXPECT_EQ(back.values.std, resnet->values.std);
}

TEST(Encoder, RefusesByName) {
  const auto refused = [](const std::string& model) {
    return error_of([&] { train::find_encoder(model_folder(model)); });
  };
  EXPECT_THAT(refused("resnet-basic"), AllOf(HasSubstr("unsupported: "), HasSubstr("(resnet)"),
                                             HasSubstr("its grids have the strides 8, 16, 32")));
  EXPECT_THAT(refused("torchxrayvision"), AllOf(HasSubstr("unsupported: "), HasSubstr("its input has 1 channels")));
  EXPECT_THAT(refused("vit-gpt2"), AllOf(HasSubstr("'model_type' is 'vision-encoder-decoder'"),
                                         HasSubstr("expected one of the families resnet, ")));
  auto json = nn::encoder_json(*train::find_encoder(model_folder("vit")));
  json["preprocessing"].erase("std");
  EXPECT_THAT(error_of([&] { nn::parse_encoder(json, "config.json: encoder"); }),
              HasSubstr("config.json: encoder: preprocessing: 'std' is missing"));
}

TEST(Encoder, GivesTheGridsOfItsNetwork) {
  const c10::AutoGradMode no_grad(false);
  for (const char* model : {"vit", "dinov2", "resnet", "deit-distilled", "clip-vision", "clip", "dinov2-registers",
                            "mobilenet_v2", "convnext", "convnextv2", "timm-vit", "timm-deit3", "timm-dinov2-registers",
                            "timm-mobilenetv3_small_050", "timm-tf_efficientnet_lite2", "torchvision-densenet121"}) {
    SCOPED_TRACE(model);
    const tests::TempFolder temp;
    auto folder = model_folder(model);
    if (!std::filesystem::exists(folder / "model.safetensors")) {  // weights by a rule
      folder = temp.path();
      temp.write("config.json", tests::read_config(model).dump());
      nn::write_tensors(folder / "model.safetensors", tests::read_weights(model), std::nullopt);
    }
    const auto config = train::find_encoder(folder);
    ASSERT_TRUE(config);
    nn::Encoder encoder(config);
    train::load_encoder(encoder, folder);
    const auto side = config->shape.any_size ? 64 : config->shape.input_height;
    const auto rgb = at::randint(256, {2, side, side, 3}, at::kByte);
    const auto open = tests::open_backbone(tests::read_config(model), tests::read_weights(model));
    const auto mean = at::tensor(std::vector<double>(config->values.mean.begin(), config->values.mean.end()));
    const auto std = at::tensor(std::vector<double>(config->values.std.begin(), config->values.std.end()));
    const auto pixels = ((rgb / 255.0 - mean) / std).permute({0, 3, 1, 2}).to(at::kFloat);
    const auto expected =
        open.network->forward(pixels, {.grids = true, .attention = false, .mean_attention = false}).grids;
    const auto found = encoder.pyramid(rgb);
    EXPECT_TRUE(tests::agrees(found.grids.coarse, expected.back(), 1e-4)) << model;
    EXPECT_TRUE(tests::agrees(found.quarter, expected.front(), 1e-4)) << model;
    const auto plain = found.grids.coarse.clone();
    encoder.pack(at::kFloat, side);
    EXPECT_TRUE(tests::agrees(encoder.grids(rgb).coarse, plain, 1e-4)) << model;
  }
}

TEST(Encoder, StemEndsWhereTheFirstGridBegins) {
  for (const std::string model : {"mobilenet_v2", "timm-mobilenetv3_small_050", "timm-tf_efficientnet_lite2"}) {
    SCOPED_TRACE(model);
    const auto network = tests::blueprint_of(tests::read_config(model), tests::read_weights(model)).network;
    const c10::AutoGradMode grad(true);
    for (const auto& weight : network->stem_weights()) weight.set_requires_grad(false);
    const auto grids = network->forward(at::zeros({1, 3, 64, 64}), {.grids = true}).grids;
    EXPECT_FALSE(grids[0].requires_grad());
    EXPECT_TRUE(grids[1].requires_grad());
  }
  EXPECT_TRUE(nn::Encoder(train::find_encoder(model_folder("vit"))).stem_weights().empty());
}

class TrainCaptionOnEncoder : public testing::TestWithParam<const char*> {};

TEST_P(TrainCaptionOnEncoder, FrozenStaysAndTrainedMoves) {
  const std::string model = GetParam();
  tests::TrainingRun run(2, 1);
  run.options.encoder_weights = model_folder(model);
  run.config["model"]["input_size"] = model == "vit" ? 24 : 64;
  run.config["bf16"] = true;
  run.train("frozen");
  const auto before = starting_weights(model);
  EXPECT_EQ(moved(before, encoder_weights(run / "frozen/checkpoint.safetensors", "weight.encoder.")), 0);
  EXPECT_FALSE(std::filesystem::is_empty(run / "cache"));

  const auto open = Model::open(run / "frozen/model");
  const auto& opened = dynamic_cast<const nn::CaptionModel&>(*open);
  EXPECT_THAT(open->info().preprocessing, HasSubstr("squashed")) << "the geometry is ours";
  nn::CaptionNetwork network(opened.config());
  nn::load_weights(*network, nn::read_tensors(run / "frozen/model/model.safetensors"), "the model");
  network->eval();
  const auto side = opened.config().input_size;
  const auto rgb = at::randint(256, {2, side, side, 3}, at::kByte);
  const c10::AutoGradMode no_grad(false);
  EXPECT_TRUE(tests::agrees(opened.encode(rgb).tokens, network->encode(network->extract(rgb)).tokens, 1e-4));
  const Captioner captioner(open, default_caption_options(*open));
  EXPECT_FALSE(captioner.caption(load_image(run.images.front())).hypotheses.empty());

  run.config["stages"].erase(1);
  run.config["stages"][0]["encoder_learning_rate"] = 1e-3;
  c10::AutoGradMode grad(true);
  run.train("trained");
  EXPECT_GT(moved(before, encoder_weights(run / "trained/checkpoint.safetensors", "weight.encoder.")), 3);

  // A model of ours gives its encoder to the next.
  EXPECT_EQ(train::find_encoder(run / "trained/model")->family, train::find_encoder(model_folder(model))->family);
  run.options.encoder_weights = run / "trained/model";
  run.config["stages"][0].erase("encoder_learning_rate");
  run.config["stages"][0]["epochs"] = 1;
  run.train("next");
  EXPECT_EQ(moved(encoder_weights(run / "trained/model/model.safetensors"),
                  encoder_weights(run / "next/model/model.safetensors")),
            0);
}

INSTANTIATE_TEST_SUITE_P(Families, TrainCaptionOnEncoder, testing::Values("vit", "dinov2", "resnet"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST(TrainOnEncoder, CaptionsRefuseByName) {
  tests::TrainingRun run(1, 0);
  run.options.encoder_weights = model_folder("vit");
  EXPECT_THAT(run.train_error("run"), HasSubstr("'input_size' is 64, expected 24, the size that the encoder (vit)"));
  run.config["model"]["input_size"] = 24;
  run.config["stages"][0]["encoder_blocks"] = 17;
  EXPECT_THAT(run.train_error("run"), HasSubstr("'encoder_blocks' is for MobileNetV2"));
  run.config["model"]["encoder"] = {{"config", {{"model_type", "vit"}}}};
  EXPECT_THAT(run.train_error("run"), HasSubstr("usage: "));
  EXPECT_THAT(run.train_error("run"), HasSubstr("'encoder' is not a known key"));
  run.options.encoder_weights = model_folder("vit-gpt2");
  EXPECT_THAT(run.train_error("run"), HasSubstr("no image encoder that heads can be trained on"));
}

class TrainMapsOnEncoder : public testing::Test {
 protected:
  /// @return the file's name
  std::filesystem::path write_data(const std::string& name, int count, bool lesions) const {
    std::string lines;
    for (int i = 0; i < count; ++i) {
      const int side = lesions ? i % 3 * 14 : 0;
      const auto file = name + std::to_string(i) + ".png";
      const auto [image, mask] = square_picture(side, static_cast<unsigned>(i));
      io::write_png(folder_ / file, image);
      nlohmann::json line{{"image", file}, {"group", std::to_string(i)}, {"label", "normal"}};
      if (side > 0) {
        io::write_png(folder_ / ("mask-" + file), mask);
        line["mask"] = "mask-" + file;
        line["label"] = side > 14 ? "malignant" : "benign";
      }
      lines += line.dump() + "\n";
    }
    return folder_.write(name + ".jsonl", lines);
  }

  void train_highlight_on(const std::string& model, const std::string& output, double encoder_rate) const {
    auto json = nlohmann::json::parse(nn::to_json(tests::tiny_highlight_config()));
    json.erase("architecture");
    json.erase("calibration");
    json["input_size"] = model == "vit" ? 24 : 64;
    const nlohmann::json config{{"epochs", 2},
                                {"batch_images", 6},
                                {"learning_rate", 0.003},
                                {"encoder_learning_rate", encoder_rate},
                                {"clean_share", 0},
                                {"captions", {{"epochs", 1}}},
                                {"model", json}};
    TrainHighlightOptions options;
    options.train_data = options.val_data = folder_ / "lesions.jsonl";
    options.config = folder_.write("config.json", config.dump());
    options.encoder_weights = model_folder(model);
    options.output = folder_ / output;
    options.threads = 1;
    train_highlight(options);
  }

  tests::TempFolder folder_;
};

TEST_F(TrainMapsOnEncoder, HighlightsFrozenAndTrained) {
  write_data("lesions", 40, true);
  for (const std::string model : {"vit", "dinov2", "resnet"}) {
    const auto before = starting_weights(model);
    train_highlight_on(model, model + "-frozen", 0);
    const auto out = folder_ / (model + "-frozen");
    EXPECT_EQ(moved(before, encoder_weights(out / "checkpoint.safetensors", "weight.encoder.")), 0) << model;

    const auto open = Model::open(out / "model");
    const auto& opened = dynamic_cast<const nn::HighlightModel&>(*open);
    nn::HighlightNetwork network(opened.config());
    nn::load_weights(*network, nn::read_tensors(out / "model/model.safetensors"), "the model");
    network->eval();
    const auto side = opened.config().input_size;
    const auto rgb = at::randint(256, {2, side, side, 3}, at::kByte);
    const auto result = opened.run(rgb);
    {
      const c10::AutoGradMode no_grad(false);
      const auto expected = network->forward(network->extract(rgb));
      EXPECT_TRUE(tests::agrees(result.output.heat, expected.heat, 1e-4)) << model;
      EXPECT_TRUE(tests::agrees(result.output.labels, expected.labels, 1e-4)) << model;
    }
    EXPECT_GT(result.distance.min().item<float>(), 0) << model << ": familiarity was fitted";
    const auto finding = Highlighter(open).find(square_picture(28, 3).first);
    EXPECT_TRUE(finding.caption) << model;
    EXPECT_EQ(finding.heat_map.size(), 64U * 64U) << model;
  }
  train_highlight_on("dinov2", "trained", 1e-3);
  EXPECT_GT(
      moved(starting_weights("dinov2"), encoder_weights(folder_ / "trained/checkpoint.safetensors", "weight.encoder.")),
      3);
}

TEST_F(TrainMapsOnEncoder, StemsStayAsTheyAre) {
  write_data("lesions", 12, true);
  train_highlight_on("mobilenet_v2", "run", 1e-2);
  const auto before = starting_weights("mobilenet_v2");
  // The last block before the grid at stride 4 is number 2.
  const auto is_stem = [](const std::string& name) {
    return name.starts_with("stem.") || name.starts_with("blocks.0.") || name.starts_with("blocks.1.") ||
           name.starts_with("blocks.2.");
  };
  for (const auto& after : {encoder_weights(folder_ / "run/checkpoint.safetensors", "weight.encoder."),
                            encoder_weights(folder_ / "run/model/model.safetensors")}) {
    ASSERT_EQ(after.size(), before.size());
    for (const auto& [name, tensor] : before) {
      const auto stored = tensor.to(after.at(name).scalar_type());
      EXPECT_EQ(after.at(name).equal(stored), is_stem(name)) << name;
    }
  }
}

TEST_F(TrainMapsOnEncoder, CheckpointsOfMoreWeightsAreRefused) {
  write_data("lesions", 12, true);
  train_highlight_on("mobilenet_v2", "run", 1e-2);
  const auto file = folder_ / "run/checkpoint.safetensors";
  auto tensors = nn::read_tensors(file);
  const auto metadata = io::SafetensorsFile(file).metadata();
  tensors["state.first.encoder.stem.weight"] = at::zeros({1});
  nn::write_tensors(file, tensors, std::nullopt, metadata);
  EXPECT_THAT(error_of([&] { train_highlight_on("mobilenet_v2", "run", 1e-2); }),
              AllOf(HasSubstr("usage: "), HasSubstr("checkpoint.safetensors is of a run that trained more weights")));
}

TEST_F(TrainMapsOnEncoder, NormalImagesAlone) {
  TrainNormalOptions options;
  options.train_data = write_data("normal", 12, false);
  options.val_data = write_data("lesions", 9, true);
  options.threads = 1;
  const auto config = [&](const nlohmann::json& model) {
    return folder_.write("config.json", nlohmann::json{{"false_alarm_share", 0.1}, {"model", model}}.dump());
  };
  // Made for 260 pixels, which 32 does not divide.
  options.encoder_weights = folder_ / "timm-tf_efficientnet_lite2";
  folder_.write("timm-tf_efficientnet_lite2/config.json", tests::read_config("timm-tf_efficientnet_lite2").dump());
  nn::write_tensors(options.encoder_weights / "model.safetensors", tests::read_weights("timm-tf_efficientnet_lite2"),
                    std::nullopt);
  EXPECT_EQ(train::read_normal_train_config({}, train::find_encoder(options.encoder_weights)).model.input_size, 256);
  for (const std::string model : {"dinov2", "resnet"}) {
    options.encoder_weights = model_folder(model);
    options.output = folder_ / model;
    options.config = config({{"input_size", 64}});
    const auto summary = train_normal(options);
    ASSERT_TRUE(summary.scores) << model;
    EXPECT_GT(summary.scores->anomaly_auroc, 0.6) << model;
    const auto open = Model::open(options.output / "model");
    const auto& opened = dynamic_cast<const nn::PatchMemoryModel&>(*open);
    EXPECT_EQ(opened.config().levels, nn::usual_levels(opened.config().encoder)) << model;
    const auto finding = Highlighter(open).find(square_picture(28, 3).first);
    EXPECT_GT(finding.anomaly_score.value_or(0), 0.5) << model;
  }
  options.config = config({{"input_size", 64}, {"levels", {"quarter", "last"}}});
  EXPECT_EQ(train_normal(options).images, 12);
  options.encoder_weights = model_folder("dinov2");
  EXPECT_THAT(error_of([&] { train_normal(options); }), HasSubstr("has one grid; expected [\"last\"]"));
  options.config = config({{"input_size", 60}});
  EXPECT_THAT(error_of([&] { train_normal(options); }), HasSubstr("'input_size' is 60, expected a multiple of 8"));
}

}  // namespace
}  // namespace fovea
