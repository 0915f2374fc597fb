/// Whole runs that learn from normal images alone.
#include "fovea/train_normal.hpp"

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "fovea/highlighter.hpp"
#include "io/image_writer.hpp"
#include "nn/train_run.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;

constexpr int kSide = 64;

/// Grey stripes with noise; in an abnormal one a reddish disc. And its mask.
struct Picture {
  Image image, mask;
};

Picture picture(bool abnormal, unsigned seed) {
  std::mt19937 random(seed);
  Picture p;
  for (auto* image : {&p.image, &p.mask}) *image = {.width = kSide, .height = kSide, .pixels = {}, .geometry = {}};
  const int radius = 9, phase = static_cast<int>(random() % 8);
  const int cx = radius + static_cast<int>(random() % (kSide - 2 * radius));
  const int cy = radius + static_cast<int>(random() % (kSide - 2 * radius));
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const bool inside = abnormal && (x - cx) * (x - cx) + (y - cy) * (y - cy) < radius * radius;
      const int stripe = (y + phase) % 16 < 8 ? 110 : 70;
      for (int c = 0; c < 3; ++c) {
        const int level = inside ? (c == 0 ? 200 : 60) : stripe;
        p.image.pixels.push_back(static_cast<std::uint8_t>(level + static_cast<int>(random() % 30)));
        p.mask.pixels.push_back(inside ? 255 : 0);
      }
    }
  }
  return p;
}

class TrainNormal : public testing::Test {
 protected:
  TrainNormal() { config_ = nlohmann::json::parse(R"({"false_alarm_share": 0.1, "model": {"input_size": 64}})"); }

  /// Images of which every `abnormal_every`-th (0: none) has a disc.
  std::filesystem::path write_data(const std::string& name, int count, int abnormal_every, unsigned seed) const {
    std::string lines;
    for (int i = 0; i < count; ++i) {
      const bool abnormal = abnormal_every > 0 && i % abnormal_every == 0;
      const auto file = name + "-" + std::to_string(i) + ".png";
      const auto p = picture(abnormal, seed + static_cast<unsigned>(i));
      io::write_png(folder_ / file, p.image);
      io::write_png(folder_ / ("mask-" + file), p.mask);  // all black for a normal one
      const nlohmann::json line{{"image", file},
                                {"mask", "mask-" + file},
                                {"label", abnormal ? "disc" : "normal"},
                                {"group", std::to_string(i / 2)}};
      lines += line.dump() + "\n";
    }
    return folder_.write(name, lines);
  }

  TrainNormalOptions options(const std::filesystem::path& data) const {
    TrainNormalOptions options;
    options.train_data = data;
    options.config = folder_.write("config.json", config_.dump());
    options.encoder_weights = encoder_.options.encoder_weights;
    options.output = folder_ / "run";
    options.threads = 1;
    return options;
  }

  static std::string error_of(const TrainNormalOptions& options) {
    try {
      train_normal(options);
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + ": " + error.what();
    }
    return "trained";
  }

  tests::TempFolder folder_;
  tests::TrainingRun encoder_{1, 0};
  nlohmann::json config_;
};

TEST_F(TrainNormal, RefusesDataOfWhichItLearnsNothing) {
  EXPECT_THAT(error_of(options(folder_ / "nowhere")), HasSubstr("io: "));
  EXPECT_THAT(error_of(options(folder_ / "nowhere")), HasSubstr("expected a folder of images or a JSONL file"));

  std::filesystem::create_directory(folder_ / "empty");
  EXPECT_THAT(error_of(options(folder_ / "empty")), HasSubstr("usage: "));
  EXPECT_THAT(error_of(options(folder_ / "empty")), HasSubstr("has no normal image"));
  folder_.write("empty/notes.txt", "no image");
  EXPECT_THAT(error_of(options(folder_ / "empty")), HasSubstr("1 files that are no images"));

  const auto lesions = write_data("lesions.jsonl", 4, 1, 1);
  EXPECT_THAT(error_of(options(lesions)), HasSubstr("no normal image (4 with something marked or another label"));
  EXPECT_THAT(error_of(options(write_data("few.jsonl", 8, 0, 1))),
              HasSubstr("has 8 normal images; a threshold that calls at most a share of 0.1"));
  EXPECT_THAT(error_of(options(folder_ / "few.jsonl")), HasSubstr("needs at least 9"));

  std::string one_group;
  for (int i = 0; i < 8; ++i) {
    one_group += R"({"image": "few.jsonl-)" + std::to_string(i) + ".png\", \"group\": \"a\"}\n";
  }
  config_["false_alarm_share"] = 0.2;
  EXPECT_THAT(error_of(options(folder_.write("group.jsonl", one_group))), HasSubstr("are of one group"));

  folder_.write("damaged/a.png", tests::read_text(folder_ / "few.jsonl-0.png").substr(0, 200));
  EXPECT_THAT(error_of(options(folder_ / "damaged")), HasSubstr("corrupt: "));
  EXPECT_THAT(error_of(options(folder_ / "few.jsonl-0.png")), HasSubstr("the line is not JSON"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/model"));
}

TEST_F(TrainNormal, RefusesOptionsByName) {
  const auto data = write_data("data.jsonl", 10, 0, 1);
  auto no_encoder = options(data);
  no_encoder.encoder_weights.clear();
  EXPECT_THAT(error_of(no_encoder), HasSubstr("give an encoder's weights or a model"));
  auto no_val = options(data);
  no_val.val_data = folder_ / "nowhere.jsonl";
  EXPECT_THAT(error_of(no_val), HasSubstr("io: cannot open the data set"));
  const auto with = [&](const char* key, const nlohmann::json& value) {
    const auto before = config_;
    config_[key] = value;
    const auto error = error_of(options(data));
    config_ = before;
    return error;
  };
  EXPECT_THAT(with("epochs", 3), HasSubstr("usage: "));
  EXPECT_THAT(with("epochs", 3), HasSubstr("'epochs' is not a known key"));
  EXPECT_THAT(with("coreset_share", 0), HasSubstr("'coreset_share' is 0"));
  EXPECT_THAT(with("calibration_parts", 1), HasSubstr("'calibration_parts' is 1"));
  EXPECT_THAT(with("false_alarm_share", 0.9), HasSubstr("'false_alarm_share' is 0.9"));
  EXPECT_THAT(with("model", {{"patches", 5}}), HasSubstr("'patches' is made by the training"));
  EXPECT_THAT(with("model", {{"input_size", 50}}), HasSubstr("usage: "));
  EXPECT_THAT(with("model", {{"input_size", 50}}), HasSubstr("a multiple of 32"));
  EXPECT_THAT(with("model", {{"labels", 1}}), HasSubstr("'labels' is not a known key"));
  EXPECT_THAT(with("model", 3), HasSubstr("expected an object"));
  folder_.write("broken.json", "{");
  auto broken = options(data);
  broken.config = folder_ / "broken.json";
  EXPECT_THAT(error_of(broken), HasSubstr("is not valid JSON"));
}

double figure(const HighlightEvaluation& evaluation, const std::string& name) {
  for (const auto& f : evaluation.figures) {
    if (f.name == name) return f.interval.value;
  }
  ADD_FAILURE() << "no figure " << name;
  return -1;
}

TEST_F(TrainNormal, TellsWhatItHasNotSeen) {
  auto run = options(write_data("train.jsonl", 72, 6, 1));
  run.val_data = write_data("val.jsonl", 24, 2, 1000);
  std::vector<std::string> stages;
  const auto summary = train_normal(run, [&](const TrainNormalProgress& p) {
    EXPECT_LE(p.done, p.total);
    if (stages.empty() || stages.back() != p.stage) stages.push_back(p.stage);
  });
  EXPECT_THAT(stages, testing::ElementsAre("reading", "features", "calibration", "memory", "validation"));
  EXPECT_FALSE(summary.interrupted);
  EXPECT_EQ(summary.images, 60);
  EXPECT_EQ(summary.ignored, 12);
  EXPECT_EQ(summary.patches, 384) << "a tenth of 60 images with 8 x 8 patches each";
  EXPECT_LE(summary.called_abnormal, 0.1);
  ASSERT_TRUE(summary.scores);
  EXPECT_GT(summary.scores->anomaly_auroc, 0.95);

  EvalHighlightOptions eval;
  eval.models = {run.output / "model"};
  eval.data = {run.val_data};
  const auto evaluation = evaluate_highlight(eval);
  EXPECT_EQ(evaluation.lesion_images, 12);
  EXPECT_DOUBLE_EQ(figure(evaluation, "anomaly_auroc"), summary.scores->anomaly_auroc);
  EXPECT_DOUBLE_EQ(figure(evaluation, "dice"), summary.scores->dice);
  EXPECT_GT(figure(evaluation, "pixel_auroc"), 0.9);
  EXPECT_GT(figure(evaluation, "sensitivity"), 0.9);
  EXPECT_GE(figure(evaluation, "specificity"), 0.7);
  EXPECT_GT(figure(evaluation, "pointing_game"), 0.5) << "a disc covers a sixteenth of the image";
  EXPECT_GT(figure(evaluation, "aupro"), 0.3);

  const Highlighter highlighter(Model::open(run.output / "model"));
  EXPECT_GT(highlighter.find(picture(false, 3000).image).distance, 0) << "knows what is familiar";

  const auto first = tests::read_text(run.output / "model/model.safetensors");
  run.val_data.clear();
  EXPECT_FALSE(train_normal(run).scores);
  EXPECT_TRUE(first == tests::read_text(run.output / "model/model.safetensors")) << "the same data, another model";
}

TEST_F(TrainNormal, TakesAFolderOfImages) {
  for (int i = 0; i < 12; ++i) {
    const auto file = folder_ / ("scans/" + std::to_string(i % 3) + "/" + std::to_string(i) + ".png");
    std::filesystem::create_directories(file.parent_path());
    io::write_png(file, picture(false, static_cast<unsigned>(i)).image);
  }
  folder_.write("scans/notes.txt", "no image");
  folder_.write("scans/.hidden/a.png", "not even looked at");
  config_["max_patches"] = 30;
  config_["max_candidates"] = 240;
  config_["model"]["levels"] = {"sixteenth", "quarter"};
  config_["model"]["name"] = "scans";
  const auto summary = train_normal(options(folder_ / "scans"));
  EXPECT_EQ(summary.images, 12);
  EXPECT_EQ(summary.skipped, 1);
  EXPECT_EQ(summary.ignored, 0);
  EXPECT_EQ(summary.patches, 30);
  const auto model = Model::open(folder_ / "run/model");
  EXPECT_EQ(model->info().id, "scans");
  const auto finding = Highlighter(model).find(picture(true, 77).image);
  EXPECT_EQ(finding.distance, 0) << "too few images to know what is familiar";
}

TEST_F(TrainNormal, StopsWhenTold) {
  const auto run = options(write_data("train.jsonl", 20, 0, 1));
  for (const std::string stage : {"reading", "features", "calibration", "memory"}) {
    std::stop_source stop;
    const auto on_progress = [&](const TrainNormalProgress& p) {
      if (p.stage == stage) stop.request_stop();
    };
    EXPECT_EQ(train_normal(run, on_progress, stop.get_token()).interrupted, stage != "memory") << stage;
    EXPECT_EQ(std::filesystem::exists(run.output / "model"), stage == "memory") << "with the last patch it is made";
  }
}

}  // namespace
}  // namespace fovea
