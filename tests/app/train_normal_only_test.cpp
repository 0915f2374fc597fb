/// `fovea train highlight --normal-only`: what it refuses, and that its model is one to work with.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/highlight_fixture.hpp"

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using tests::run_fovea;

class TrainNormalOnly : public tests::HighlightFixture {
 protected:
  TrainNormalOnly() {
    for (int i = 0; i < 12; ++i) {
      write_photo("scans/" + std::to_string(i) + ".png", static_cast<std::uint32_t>(i + 1));
    }
    folder_.write("scans/notes.txt", "no image");
    folder_.write("config.json", R"({"false_alarm_share": 0.1, "model": {"input_size": 64, "finding": "scratch"}})");
  }

  tests::Outcome train(const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"train", "highlight", "-o", "run", "--threads", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_fovea(arguments, folder_.path());
  }
};

TEST_F(TrainNormalOnly, RefusesOptionsThatMakeNoSense) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--data", "scans", "--normal-only"}, "--encoder is missing"},
      {{"--data", "scans", "--normal-only", "--encoder", "model", "--fold", "1/5"}, "--normal-only and --fold exclude"},
      {{"--data", "scans", "--normal-only", "--encoder", "model", "--init", "model"},
       "--normal-only and --init exclude"},
      {{"--data", "scans", "--normal-only", "--encoder", "model", "--no-resume"}, "--no-resume exclude"},
      {{"--data", "scans", "--encoder", "model", "--config", "config.json"}, "--val is missing"},
      {{"--data", "scans", "--encoder", "model", "--val", "val.jsonl"}, "--config is missing"},
      {{"--normal-only", "--encoder", "model"}, "data"},
      {{"--data", "scans", "--normal-only", "--encoder", "model"}, "12 normal images; a threshold"},
  };
  for (const auto& [options, expected] : cases) {
    const auto outcome = train(options);
    EXPECT_EQ(outcome.code, 2) << expected;
    EXPECT_THAT(outcome.err, HasSubstr(expected));
  }
  const auto nowhere = train({"--data", "nowhere", "--normal-only", "--encoder", "model"});
  EXPECT_EQ(nowhere.code, 3);
  EXPECT_THAT(nowhere.err, HasSubstr("nowhere is not there"));
  EXPECT_FALSE(exists("run/model"));
}

TEST_F(TrainNormalOnly, MakesAModelThatAllCommandsTake) {
  const auto outcome = train({"--data", "scans", "--normal-only", "--encoder", "model", "--config", "config.json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.empty());
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("calibration "), HasSubstr("patches of 12 normal images"),
                                 HasSubstr("1 files that are no images"), HasSubstr("are called abnormal")));

  const auto info = run_fovea({"info", "run/model", "--json"}, folder_.path());
  EXPECT_EQ(nlohmann::json::parse(info.out)["architecture"], "FoveaPatchCore");

  const auto marked = run_fovea({"highlight", "--model", "run/model", "-o", "out", "scans/0.png"}, folder_.path());
  ASSERT_EQ(marked.code, 0) << marked.err;
  const auto finding = records().at(0);
  EXPECT_EQ(finding["label"], "scratch");
  EXPECT_EQ(finding["threshold"], 0.5);
  EXPECT_TRUE(finding["anomaly_score"].is_number());
  EXPECT_TRUE(finding["scores"].empty());
  EXPECT_TRUE(finding["caption"].is_null());
  EXPECT_TRUE(exists("out/scans/0.png/heat_map.npy") || exists("out/0.png/heat_map.npy"));

  std::string lines;  // enough of both kinds for intervals
  for (int i = 0; i < 8; ++i) {
    lines += R"({"image": "scans/)" + std::to_string(i) + R"(.png")";
    lines += (i % 2 == 0 ? "" : R"(, "mask": "scans/8.png")") + std::string("}\n");
  }
  folder_.write("val.jsonl", lines);
  const auto figures = run_fovea({"eval", "highlight", "--model", "run/model", "--data", "val.jsonl"}, folder_.path());
  ASSERT_EQ(figures.code, 0) << figures.err;
  const auto json = nlohmann::json::parse(figures.out)["figures"];
  for (const char* name : {"dice", "pixel_auroc", "aupro", "anomaly_auroc", "sensitivity", "specificity"}) {
    EXPECT_TRUE(json.contains(name)) << name;
  }
}

}  // namespace
}  // namespace fovea
