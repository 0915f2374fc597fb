/// Whole training runs of tiny highlighting models.
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "fovea/highlighter.hpp"
#include "io/image_writer.hpp"
#include "nn/highlight_model.hpp"
#include "nn/train_run.hpp"
#include "nn/weights.hpp"
#include "tiny_highlight_model.hpp"
#include "train/starting_weights.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;

/// A bright square (small: benign, large: malignant) or nothing on dark noise, and its mask.
struct Picture {
  Image image, mask;
};

Picture picture(int square, unsigned seed) {
  constexpr int kSide = 64;
  std::mt19937 random(seed);
  Picture p;
  for (auto* image : {&p.image, &p.mask}) *image = {.width = kSide, .height = kSide, .pixels = {}, .geometry = {}};
  const int left = static_cast<int>(random() % static_cast<unsigned>(kSide - square));
  const int top = static_cast<int>(random() % static_cast<unsigned>(kSide - square));
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const bool inside = x >= left && x < left + square && y >= top && y < top + square;
      for (int c = 0; c < 3; ++c) {
        p.image.pixels.push_back(static_cast<std::uint8_t>((inside ? 190 : 20) + random() % 40));
        p.mask.pixels.push_back(inside ? 255 : 0);
      }
    }
  }
  return p;
}

class TrainHighlight : public testing::Test {
 protected:
  TrainHighlight() {
    config_ = nlohmann::json::parse(R"({"seed": 3, "bf16": false, "epochs": 4, "batch_images": 8,
      "learning_rate": 0.003, "encoder_learning_rate": 0.001, "warmup_steps": 2, "ema_decay": 0.9,
      "freeze_stem": false, "clean_share": 0,
      "augment": {"rotate": 0, "elastic": 0, "noise": 0, "blur": 0}, "captions": {"epochs": 2, "batch_images": 16}})");
    auto model = nlohmann::json::parse(nn::to_json(tests::tiny_highlight_config()));
    model.erase("architecture");
    model.erase("calibration");
    config_["model"] = model;
    write_data("train.jsonl", 40, 1);
    write_data("val.jsonl", 15, 1000);
  }

  void write_data(const std::string& name, int count, unsigned seed) {
    std::string lines;
    for (int i = 0; i < count; ++i) {
      const int kind = i % 3;
      const auto file = name + "-" + std::to_string(i) + ".png";
      const auto p = picture(kind == 0 ? 0 : kind == 1 ? 14 : 30, seed + static_cast<unsigned>(i));
      io::write_png(folder_ / file, p.image);
      nlohmann::json line{{"image", file}, {"label", kind == 0 ? "normal" : kind == 1 ? "benign" : "malignant"}};
      line["group"] = std::to_string(i / 2);
      if (kind != 0) {
        io::write_png(folder_ / ("mask-" + file), p.mask);
        line["mask"] = "mask-" + file;
      }
      lines += line.dump() + "\n";
    }
    folder_.write(name, lines);
  }

  TrainHighlightOptions options(const std::string& output) const {
    TrainHighlightOptions options;
    options.train_data = folder_ / "train.jsonl";
    options.val_data = folder_ / "val.jsonl";
    options.config = folder_.write("config.json", config_.dump());
    options.encoder_weights = encoder_.options.encoder_weights;
    options.output = folder_ / output;
    options.threads = 1;
    return options;
  }

  std::string error_of(const TrainHighlightOptions& options) const {
    try {
      train_highlight(options);
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + ": " + error.what();
    }
    return "trained";
  }

  tests::TempFolder folder_;
  tests::TrainingRun encoder_{1, 0};
  nlohmann::json config_;
};

TEST_F(TrainHighlight, RefusesWhatCannotBeTrained) {
  auto no_start = options("run");
  no_start.encoder_weights.clear();
  EXPECT_THAT(error_of(no_start), HasSubstr("give one of the two"));
  auto fold = options("run");
  fold.fold = 3;
  fold.folds = 2;
  EXPECT_THAT(error_of(fold), HasSubstr("usage: fold 3 of 2"));
  config_["dice"] = 1;
  EXPECT_THAT(error_of(options("run")), HasSubstr("'dice' is not a known key"));
  config_.erase("dice");
  config_["model"]["labels"] = {"normal", "benign"};
  EXPECT_THAT(error_of(options("run")), HasSubstr("'malignant', which is not among the model's labels"));
}

TEST_F(TrainHighlight, AModelOfOtherLabelsGivesAllButWhatSpeaksOfLabels) {
  const auto donor = folder_ / "donor";
  tests::write_tiny_highlight_model(donor, 3, /*labels=*/false);
  const auto config = tests::tiny_highlight_config();
  TrainHighlightOptions start;
  start.init = donor;
  auto network = tests::tiny_highlight_network(config, 5);
  const auto untouched = tests::tiny_highlight_network(config, 5);
  train::load_starting_weights(network, start, config);
  const auto given = nn::read_tensors(donor / "model.safetensors");
  const auto fresh = nn::named_weights(*untouched);
  int taken = 0, kept = 0;
  for (const auto& [name, weight] : nn::named_weights(*network)) {
    const bool of_labels = name.starts_with("label.") || name.starts_with("caption.") || name.starts_with("familiar");
    const auto& expected = of_labels ? fresh.at(name) : given.at(name).to(at::kFloat);
    EXPECT_TRUE(at::equal(weight, expected)) << name;
    ++(of_labels ? kept : taken);
  }
  EXPECT_GT(taken, 20);
  EXPECT_GT(kept, 5);

  tests::write_tiny_highlight_model(donor, 3);  // of the same labels: all of it
  train::load_starting_weights(network, start, config);
  const auto all = nn::read_tensors(donor / "model.safetensors");
  for (const auto& [name, weight] : nn::named_weights(*network)) {
    EXPECT_TRUE(at::equal(weight, all.at(name).to(at::kFloat))) << name;
  }
}

TEST_F(TrainHighlight, LearnsToMarkAndAModelComesOut) {
  config_["epochs"] = 24;
  config_["captions"] = {{"epochs", 25}, {"batch_images", 16}, {"repeats", 6}, {"learning_rate", 0.006}};
  std::vector<double> losses, caption_losses;
  const auto summary = train_highlight(options("run"), [&](const TrainHighlightProgress& p) {
    if (p.captions) caption_losses.push_back(p.loss);
    if (p.epoch_ended) losses.push_back(p.loss);
  });
  EXPECT_FALSE(summary.interrupted);
  ASSERT_EQ(losses.size(), 24U);
  EXPECT_LT(losses.back(), 0.7 * losses.front());
  EXPECT_GT(summary.scores.dice, 0.5);
  ASSERT_EQ(caption_losses.size(), 25U);
  EXPECT_LT(caption_losses.back(), caption_losses.front());
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/curves.png"));

  const Highlighter highlighter(Model::open(folder_ / "run/model"));
  const auto finding = highlighter.find(picture(30, 5000).image);
  EXPECT_FALSE(finding.regions.empty());
  ASSERT_TRUE(finding.caption);
  EXPECT_FALSE(finding.caption->hypotheses.front().text.empty());
  EXPECT_GT(finding.distance, 0);

  EvalHighlightOptions eval;
  eval.models = {folder_ / "run/model"};
  eval.data = {folder_ / "val.jsonl"};
  const auto evaluation = evaluate_highlight(eval);
  EXPECT_EQ(evaluation.images, 15);
  EXPECT_EQ(evaluation.lesion_images, 10);
  std::vector<std::string> names;
  std::map<std::string, double> figures;
  for (const auto& figure : evaluation.figures) {
    names.push_back(figure.name);
    EXPECT_LE(figure.interval.low, figure.interval.high) << figure.name;
    figures[figure.name] = figure.interval.value;
  }
  EXPECT_GE(figures["caption_size_right"], 0.7) << "sentences say what the maps show";
  EXPECT_GE(figures["caption_finding_right"], 0.7);
  EXPECT_THAT(names, testing::IsSupersetOf({"dice", "iou", "pixel_auroc", "aupro", "anomaly_auroc", "benign_auroc",
                                            "benign_against_malignant_auroc", "lesion_sensitivity",
                                            "caption_finding_right", "unfamiliar"}));
  // As a cross-validation of two: each image is judged once.
  eval.models = {folder_ / "run/model", folder_ / "run/model"};
  const auto folds = evaluate_highlight(eval);
  EXPECT_EQ(folds.images, 15);
  EXPECT_NEAR(folds.figures.front().interval.value, evaluation.figures.front().interval.value, 1e-9);
}

TEST_F(TrainHighlight, FiguresOfLabelsLeaveOutImagesWithoutAKnownOne) {
  tests::write_tiny_highlight_model(folder_ / "model", 7, /*labels=*/true, /*captions=*/false);
  std::ifstream in(folder_ / "val.jsonl");
  std::string lines;
  int number = 0;
  for (std::string line; std::getline(in, line); ++number) {
    auto json = nlohmann::json::parse(line);
    if (number == 1) json["label"] = "cyst";
    if (number == 2) json.erase("label");
    lines += json.dump() + "\n";
  }
  EvalHighlightOptions eval;
  eval.models = {folder_ / "model"};
  eval.data = {folder_.write("some.jsonl", lines)};
  std::map<std::string, int> images;
  for (const auto& figure : evaluate_highlight(eval).figures) images[figure.name] = figure.images;
  EXPECT_EQ(images["accuracy"], 13);
  EXPECT_EQ(images["benign_auroc"], 13);
  EXPECT_EQ(images["pixel_auroc"], 15) << "maps need no labels";
}

TEST_F(TrainHighlight, GoesOnAsIfItHadNotBeenStopped) {
  const auto run = [&](const std::string& output, int stop_after) {
    std::stop_source stop;
    return train_highlight(
        options(output),
        [&](const TrainHighlightProgress& p) {
          if (p.epoch_ended && p.epoch == stop_after) stop.request_stop();
        },
        stop.get_token());
  };
  run("whole", 0);
  EXPECT_TRUE(run("parts", 2).interrupted);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "parts/model"));
  EXPECT_FALSE(run("parts", 0).interrupted);
  EXPECT_EQ(tests::read_text(folder_ / "whole/model/model.safetensors"),
            tests::read_text(folder_ / "parts/model/model.safetensors"));

  config_["learning_rate"] = 0.001;
  EXPECT_THAT(error_of(options("whole")), HasSubstr("belongs to another configuration"));
}

TEST_F(TrainHighlight, APartOfTheTrainingDataCanCalibrate) {
  config_["epochs"] = 1;
  config_["calibration_share"] = 0.25;
  config_["augment"]["cutmix"] = 0.5;
  auto fold = options("run");
  fold.fold = 1;
  fold.folds = 3;
  EXPECT_EQ(error_of(fold), "trained");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/model/vocab.txt"));
}

}  // namespace
}  // namespace fovea
