/// Whole training runs on twelve small pictures: they learn, and a run that was stopped goes on as if it had not been.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <vector>

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/captioner.hpp"
#include "fovea/loader.hpp"
#include "nn/train_run.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::ElementsAreArray;
using testing::HasSubstr;
using tests::TrainingRun;

/// How many pictures get the very caption that was written for them.
int right_captions(const TrainingRun& run, const std::filesystem::path& model) {
  const Captioner captioner(Model::open(model), {.beam = 2, .max_length = 10});
  int right = 0;
  for (std::size_t i = 0; i < run.images.size(); ++i) {
    const auto text = captioner.caption(load_image(run.images[i])).hypotheses.front().text;
    right += text == run.sentences[i].front() ? 1 : 0;
  }
  return right;
}

/// Whether any weight that begins with `prefix` differs between two sets.
bool changed(const nn::TensorMap& before, const nn::TensorMap& after, const std::string& prefix) {
  int compared = 0;
  bool different = false;
  for (const auto& [name, tensor] : before) {
    if (!name.starts_with(prefix)) continue;
    ++compared;
    different = different || !at::equal(tensor.to(at::kFloat), after.at(name).to(at::kFloat));
  }
  EXPECT_GT(compared, 0) << prefix;
  return different;
}

TEST(TrainCaption, LearnsItsPicturesByHeart) {
  const TrainingRun run(80, 3);
  std::vector<TrainProgress> epochs;
  const auto summary =
      run.train("out", [&](const TrainProgress& progress, std::stop_source&) { epochs.push_back(progress); });
  ASSERT_EQ(epochs.size(), 83U);
  EXPECT_FALSE(summary.interrupted);
  EXPECT_LT(epochs[79].loss, 0.3 * epochs[0].loss);
  EXPECT_GT(summary.best.cider, epochs[0].scores.cider + 5);
  EXPECT_GT(summary.best.bleu[3], 0.8);
  EXPECT_GE(right_captions(run, run / "out" / "model"), 9);
  EXPECT_EQ(epochs[0].reward, 0);
  EXPECT_GT(epochs[82].reward, 3);  // the samples of the second stage are good captions already
  for (const char* file : {"log.csv", "curves.png", "checkpoint.safetensors", "best.safetensors"}) {
    EXPECT_TRUE(std::filesystem::exists(run / "out" / file)) << file;
  }
}

TEST(TrainCaption, ResumedRunsRepeatTheUninterruptedOne) {
  TrainingRun run(3, 2);
  run.train("whole");
  ASSERT_EQ(run.log("whole").size(), 6U);  // with the header

  const auto stop_after = [](const std::string& stage, int epoch) {
    return [=](const TrainProgress& progress, std::stop_source& stop) {
      if (progress.stage == stage && progress.epoch == epoch) stop.request_stop();
    };
  };
  EXPECT_TRUE(run.train("parts", stop_after("words", 2)).interrupted);
  EXPECT_EQ(run.log("parts").size(), 3U);
  // A line of an epoch whose checkpoint was not written any more, and a torn one.
  std::ofstream(run / "parts" / "log.csv", std::ios::app) << "words,3,9,0,9,9,9,9,9,9,9,0\nwords,4,";
  EXPECT_TRUE(run.train("parts", stop_after("words", 3)).interrupted);
  EXPECT_TRUE(run.train("parts", stop_after("reward", 1)).interrupted);
  const auto summary = run.train("parts");
  EXPECT_FALSE(summary.interrupted);

  EXPECT_THAT(run.log("parts"), ElementsAreArray(run.log("whole")));
  EXPECT_FALSE(changed(run.weights("whole"), run.weights("parts"), ""));

  // Nothing is left to do; and starting over does it all again.
  int epochs = 0;
  const auto count = [&](const TrainProgress&, std::stop_source&) { ++epochs; };
  EXPECT_EQ(run.train("parts", count).best.cider, summary.best.cider);
  EXPECT_EQ(epochs, 0);
  run.options.resume = false;
  run.train("parts", count);
  EXPECT_EQ(epochs, 5);
  EXPECT_THAT(run.log("parts"), ElementsAreArray(run.log("whole")));
}

TEST(TrainCaption, AStageThatLostItsPatienceStaysEndedAfterAResume) {
  TrainingRun run(6, 1);
  run.config["stages"][0]["learning_rate"] = 1e-9;  // nothing gets better
  run.config["stages"][0]["patience"] = 2;
  run.train("whole");
  const auto whole = run.log("whole");
  ASSERT_EQ(whole.size(), 5U);  // header, three epochs in vain, one of the second stage
  EXPECT_THAT(whole[3], HasSubstr("words,3,"));
  run.train("parts", [](const TrainProgress& progress, std::stop_source& stop) {
    if (progress.epoch == 3) stop.request_stop();
  });
  run.train("parts");
  EXPECT_THAT(run.log("parts"), ElementsAreArray(whole));
}

TEST(TrainCaption, AnotherConfigurationIsRefusedButStagesMayBeAdded) {
  TrainingRun run(2, 1);
  const auto config = run.config;
  run.config["stages"].erase(1);
  run.train("out");
  ASSERT_EQ(run.log("out").size(), 3U);

  run.config["stages"][0]["learning_rate"] = 0.02;
  EXPECT_THAT(run.train_error("out"), AllOf(HasSubstr("usage: "), HasSubstr("another configuration")));
  run.config = config;
  run.config["seed"] = 4;
  EXPECT_THAT(run.train_error("out"), HasSubstr("another configuration"));
  EXPECT_EQ(run.log("out").size(), 3U);

  run.config = config;
  run.train("out");
  const auto log = run.log("out");
  ASSERT_EQ(log.size(), 4U);
  EXPECT_THAT(log.back(), HasSubstr("reward,1,"));
}

TEST(TrainCaption, TrainsTheBlocksOfTheEncoderThatAStageNames) {
  TrainingRun run(1, 1);
  run.config["stages"].erase(1);
  auto& stage = run.config["stages"][0];
  const auto before = run.encoder_weights();

  run.train("frozen");
  EXPECT_FALSE(changed(before, run.weights("frozen"), "encoder."));

  stage["encoder_learning_rate"] = 0.001;
  stage["encoder_blocks"] = 5;
  run.train("last");
  EXPECT_FALSE(changed(before, run.weights("last"), "encoder.stem."));
  for (int block = 0; block < 12; ++block) {
    const auto prefix = "encoder.blocks." + std::to_string(block) + ".";
    EXPECT_FALSE(changed(before, run.weights("last"), prefix)) << prefix;
  }
  EXPECT_TRUE(changed(before, run.weights("last"), "encoder.blocks.12."));
  EXPECT_TRUE(changed(before, run.weights("last"), "encoder.blocks.16."));
  EXPECT_TRUE(changed(before, run.weights("last"), "encoder.head."));

  stage["encoder_blocks"] = 17;
  run.train("whole");
  for (const char* prefix : {"encoder.stem.", "encoder.blocks.0.", "encoder.blocks.16.", "encoder.head."}) {
    EXPECT_TRUE(changed(before, run.weights("whole"), prefix)) << prefix;
  }
}

TEST(TrainCaption, SelfCriticalStagesTrainEveryMatrixInBf16) {
  // Captions are drawn without gradients before the same weights are used with them: casts to bfloat16 that the first
  // pass left behind must not cut the second one off.
  TrainingRun run(6, 1);
  const auto config = run.config;
  run.config["stages"].erase(1);
  run.train("words");
  run.config = config;
  run.config["bf16"] = true;
  run.config["stages"].erase(0);
  run.options.init = run / "words" / "model";
  run.train("reward");
  const auto before = nn::read_tensors(run / "words" / "model" / "model.safetensors");
  const auto after = run.weights("reward");
  for (const auto& [name, tensor] : before) {
    if (name.starts_with("encoder.") || !name.ends_with(".weight")) continue;
    EXPECT_TRUE(changed(before, after, name));
  }
}

TEST(TrainCaption, SelfCriticalStagesRaiseTheRewardOfBeamsToo) {
  TrainingRun run(14, 12);
  run.config["stages"][1]["candidates"] = "beam";
  std::vector<double> rewards;
  run.train("out", [&](const TrainProgress& progress, std::stop_source&) {
    if (progress.stage == "reward") rewards.push_back(progress.reward);
  });
  ASSERT_EQ(rewards.size(), 12U);
  EXPECT_GT(rewards.front(), 0);
  EXPECT_GT(rewards.back(), 1.2 * rewards.front());
}

TEST(TrainCaption, ATeacherAloneTeachesItsPupil) {
  // The pupil's target is nothing but its teacher's probabilities: at its teacher's weights it has nothing to learn,
  // and from others it comes closer to them.
  TrainingRun run(40, 1);
  run.config["stages"].erase(1);
  run.train("teacher");
  run.config["seed"] = 11;
  auto& stage = run.config["stages"][0];
  stage["distillation"] = 1;
  stage["epochs"] = 12;
  run.options.teachers = {run / "teacher" / "model"};
  std::vector<double> losses;
  run.train("pupil", [&](const TrainProgress& progress, std::stop_source&) { losses.push_back(progress.loss); });
  EXPECT_LT(losses.back(), 0.8 * losses.front());

  run.options.init = run / "teacher" / "model";
  stage["epochs"] = 1;
  stage["learning_rate"] = 1e-9;
  std::vector<double> least;
  run.train("same", [&](const TrainProgress& progress, std::stop_source&) { least.push_back(progress.loss); });
  EXPECT_LT(least.front(), losses.back());  // the entropy of the teacher, which no pupil goes below
}

TEST(TrainCaption, ATeacherTeachesOnThePupilsOwnCaptions) {
  TrainingRun run(40, 1);
  run.config["stages"].erase(1);
  run.train("teacher");
  run.config["seed"] = 11;
  auto& stage = run.config["stages"][0];
  stage["epochs"] = 1;
  run.train("pupil");
  stage["objective"] = "self_critical";
  stage["captions_per_image"] = 2;
  stage["distillation"] = 1;
  stage["epochs"] = 12;
  run.options.init = run / "pupil" / "model";
  run.options.teachers = {run / "teacher" / "model"};
  std::vector<double> losses;
  run.train("taught", [&](const TrainProgress& progress, std::stop_source&) { losses.push_back(progress.loss); });
  EXPECT_LT(losses.back(), 0.8 * losses.front());
}

TEST(TrainCaption, TeachersMustFitTheConfiguration) {
  TrainingRun run(1, 1);
  run.config["stages"].erase(1);
  run.train("teacher");
  run.options.teachers = {run / "teacher" / "model"};
  EXPECT_THAT(run.train_error("out"), AllOf(HasSubstr("usage: "), HasSubstr("no stage has 'distillation'")));
  run.config["stages"][0]["distillation"] = 0.5;
  run.options.teachers.clear();
  EXPECT_THAT(run.train_error("out"), AllOf(HasSubstr("usage: "), HasSubstr("no teacher is given")));
  run.options.teachers = {run / "nowhere"};
  EXPECT_THAT(run.train_error("out"), AllOf(HasSubstr("io: "), HasSubstr("nowhere")));
  run.options.teachers = {run / "teacher" / "model"};
  run.config["model"]["input_size"] = 96;
  EXPECT_THAT(run.train_error("out"), AllOf(HasSubstr("usage: "), HasSubstr("takes photos of"), HasSubstr("96")));
}

TEST(TrainCaption, TakesTheEncoderOfAModel) {
  TrainingRun run(1, 1);
  run.config["stages"].erase(1);
  run.config["stages"][0]["encoder_blocks"] = 17;
  run.config["stages"][0]["encoder_learning_rate"] = 0.001;
  run.train("first");
  run.options.encoder_weights = run / "first" / "model";
  run.config["seed"] = 12;
  run.config["stages"][0]["encoder_blocks"] = 0;
  run.train("second");
  const auto first = nn::read_tensors(run / "first" / "model" / "model.safetensors");
  const auto second = nn::read_tensors(run / "second" / "model" / "model.safetensors");
  EXPECT_FALSE(changed(first, second, "encoder."));
  EXPECT_TRUE(changed(first, second, "decoder."));
}

TEST(TrainCaption, StoppedWhileFeaturesAreMadeItCanGoOn) {
  const TrainingRun run(1, 1);
  std::ofstream(run.options.config) << run.config.dump();
  auto options = run.options;
  options.output = run / "out";
  std::stop_source stop;
  const auto summary = train_caption(
      options, [&](const TrainProgress&) { stop.request_stop(); }, stop.get_token());
  EXPECT_TRUE(summary.interrupted);
  EXPECT_EQ(run.log("out").size(), 1U);
  EXPECT_FALSE(run.train("out").interrupted);
  EXPECT_EQ(run.log("out").size(), 3U);
}

TEST(TrainCaption, AFolderThatCannotBeMadeIsAnError) {
  const TrainingRun run(1, 1);
  std::ofstream(run / "file") << "in the way";
  EXPECT_THAT(run.train_error("file/out"), AllOf(HasSubstr("io: "), HasSubstr("cannot make the folder")));
}

TEST(TrainCaption, WhatARunStartsFromMustFit) {
  TrainingRun run(1, 1);
  run.options.encoder_weights.clear();
  EXPECT_THAT(run.train_error("out"), AllOf(HasSubstr("usage: "), HasSubstr("encoder's weights")));
  run.options.encoder_weights = run / "nowhere.safetensors";
  EXPECT_THAT(run.train_error("out"), AllOf(HasSubstr("io: "), HasSubstr("nowhere.safetensors")));

  const TrainingRun other(1, 1);
  other.train("out");
  run.options.init = other / "out" / "model";
  std::ofstream(run.options.init / "vocab.txt", std::ios::app) << "circle\n";
  EXPECT_THAT(run.train_error("out"), AllOf(HasSubstr("usage: "), HasSubstr("vocab.txt")));
}

}  // namespace
}  // namespace fovea
