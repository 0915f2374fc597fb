/// The configuration of a training run: what is read, and that every mistake is named by its key.
#include "train/train_config.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fovea/error.hpp"

namespace fovea::train {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::json;

Json good_config() {
  return Json::parse(R"({
    "seed": 7,
    "model": {"name": "", "licence": "research", "input_size": 64,
      "backbone": {"grid": "fine", "width": 16, "heads": 2, "layers": 1, "mlp_ratio": 2, "dropout": 0.1,
                   "attention_dropout": 0},
      "decoder": {"family": "transformer", "max_positions": 30, "width": 16, "heads": 2, "layers": 1, "mlp_ratio": 2,
                  "dropout": 0.1, "attention_dropout": 0}},
    "stages": [
      {"name": "first", "objective": "cross_entropy", "epochs": 3, "learning_rate": 1e-3},
      {"name": "second", "objective": "self_critical", "epochs": 2, "learning_rate": 1e-5, "captions_per_image": 4}]
  })");
}

/// What parsing throws, as "code: message"; empty when it does not.
std::string parse_error(const std::string& document) {
  try {
    parse_train_config(document, "run.json");
    return {};
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
}

TEST(TrainConfig, ReadsWhatIsThereAndKeepsTheRest) {
  const auto config = parse_train_config(good_config().dump(), "run.json");
  EXPECT_EQ(config.seed, 7U);
  EXPECT_EQ(config.min_word_count, TrainConfig{}.min_word_count);
  EXPECT_EQ(config.model.grid, nn::TokenGrid::fine);
  EXPECT_EQ(config.model.backbone.width, 16);
  EXPECT_EQ(config.model.transformer.max_positions, 30);
  ASSERT_EQ(config.stages.size(), 2U);
  EXPECT_EQ(config.stages[0].name, "first");
  EXPECT_EQ(config.stages[0].objective, Objective::cross_entropy);
  EXPECT_EQ(config.stages[0].epochs, 3);
  EXPECT_EQ(config.stages[0].label_smoothing, StageConfig{}.label_smoothing);
  EXPECT_EQ(config.stages[1].objective, Objective::self_critical);
  EXPECT_EQ(config.stages[1].captions_per_image, 4);
}

TEST(TrainConfig, EveryMistakeIsNamedByItsKey) {
  struct Case {
    std::function<void(Json&)> change;
    const char* expected;
  };
  const std::vector<Case> cases{
      {[](Json& j) { j["sede"] = 1; }, "run.json: 'sede' is not a known key"},
      {[](Json& j) { j["seed"] = -1; }, "'seed' is -1, expected an integer from 0"},
      {[](Json& j) { j["bf16"] = "yes"; }, "'bf16' is \"yes\", expected true or false"},
      {[](Json& j) { j["min_word_count"] = 2.5; }, "'min_word_count' is 2.5, expected an integer"},
      {[](Json& j) { j.erase("model"); }, "'model' is missing"},
      {[](Json& j) { j["model"] = 3; }, "model: expected an object, found number"},
      {[](Json& j) { j["model"]["decoder"]["width"] = 15; }, "model: decoder: width 15 is no multiple of heads 2"},
      {[](Json& j) { j["model"]["backbone"].erase("layers"); }, "model: backbone: 'layers' is missing"},
      {[](Json& j) { j["max_words"] = 30; },
       "'max_words' is 30, but the decoder's 'max_positions' 30 leaves room for 29"},
      {[](Json& j) { j["validation"]["max_length"] = 40; }, "'validation: max_length' is 40, but"},
      {[](Json& j) { j["validation"]["beams"] = 4; }, "validation: 'beams' is not a known key"},
      {[](Json& j) { j["validation"]["min_length"] = 25; }, "validation: caption option min_length is 25"},
      {[](Json& j) { j["augment"]["min_crop_area"] = 0; },
       "augment: 'min_crop_area' is 0, expected a number from 0.05"},
      {[](Json& j) { j["stages"] = Json::array(); }, "'stages' must be a list of at least one stage"},
      {[](Json& j) { j["stages"] = "all"; }, "'stages' must be a list"},
      {[](Json& j) { j["stages"][1] = 5; }, "stage 2: expected an object, found number"},
      {[](Json& j) { j["stages"][0]["objective"] = "mse"; },
       "stage 1: 'objective' is 'mse', expected one of: cross_entropy, self_critical"},
      {[](Json& j) { j["stages"][0].erase("learning_rate"); }, "stage 1: 'learning_rate' is missing"},
      {[](Json& j) { j["stages"][0]["learning_rate"] = "1e-3"; }, "'learning_rate' is \"1e-3\", expected a number"},
      {[](Json& j) { j["stages"][0]["epochs"] = 0; }, "stage 1: 'epochs' is 0, expected an integer from 1"},
      {[](Json& j) { j["stages"][0]["momentum"] = 0.9; }, "stage 1: 'momentum' is not a known key"},
      {[](Json& j) { j["stages"][0]["encoder_blocks"] = 18; }, "stage 1: 'encoder_blocks' is 18"},
      {[](Json& j) { j["stages"][0]["encoder_blocks"] = 2; }, "stage 1: 'encoder_blocks' is 2"},
      {[](Json& j) { j["stages"][0]["distillation"] = 1.5; }, "stage 1: 'distillation' is 1.5"},
      {[](Json& j) { j["stages"][0]["candidates"] = "beam"; }, "stage 1: 'candidates' is for self_critical stages"},
      {[](Json& j) { j["stages"][1]["candidates"] = "greedy"; },
       "stage 2: 'candidates' is 'greedy', expected one of: sampled, beam"},
      {[](Json& j) { j["stages"][0]["top_p"] = 0.9; }, "stage 1: 'top_p' is for self_critical stages"},
      {[](Json& j) { j["stages"][1]["top_p"] = 0; }, "stage 2: 'top_p' is 0, expected a number from 0.01"},
      {[](Json& j) { j["stages"][1]["candidates"] = "beam", j["stages"][1]["top_p"] = 0.9; },
       "stage 2: 'top_p' is for self_critical stages with sampled candidates"},
      {[](Json& j) { j["stages"][0]["name"] = "a,b"; }, "stage 1: 'name' must have no comma"},
      {[](Json& j) { j["stages"][1]["captions_per_image"] = 1; },
       "stage 2: 'captions_per_image' is 1, but a self-critical stage needs at least 2"},
  };
  for (const auto& [change, expected] : cases) {
    auto json = good_config();
    change(json);
    EXPECT_THAT(parse_error(json.dump()), AllOf(HasSubstr("usage: run.json"), HasSubstr(expected)));
  }
  EXPECT_EQ(parse_error(good_config().dump()), "");
  EXPECT_THAT(parse_error("{\"seed\": }"), HasSubstr("usage: run.json is not valid JSON"));
  EXPECT_THAT(parse_error("[]"), HasSubstr("usage: run.json: expected an object"));
}

}  // namespace
}  // namespace fovea::train
