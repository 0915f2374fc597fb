/// `fovea highlight`: runs that end early, and what the next one does.
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/highlight_fixture.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using tests::Process;
using tests::read_text;

class HighlightResume : public tests::HighlightFixture {
 protected:
  void write_photos(int count) {
    for (int i = 0; i < count; ++i) {
      write_photo("scans/" + std::to_string(1000 + i) + ".png", static_cast<std::uint32_t>(i));
    }
  }
  /// All files of the output but the records, by name.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> result;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "out")) {
      const auto name = entry.path().lexically_relative(folder_ / "out").string();
      if (entry.is_regular_file() && !name.starts_with("findings.")) result[name] = read_text(entry.path());
    }
    return result;
  }
};

/// Two .npy files of float32 with the same header, equal within 1e-4.
bool maps_agree(const std::string& a, const std::string& b) {
  constexpr std::size_t kHeader = 128;
  if (a.size() != b.size() || a.substr(0, kHeader) != b.substr(0, kHeader)) return false;
  for (std::size_t at = kHeader; at + sizeof(float) <= a.size(); at += sizeof(float)) {
    float x = 0, y = 0;
    std::memcpy(&x, a.data() + at, sizeof x);
    std::memcpy(&y, b.data() + at, sizeof y);
    if (!(std::abs(x - y) <= 1e-4F)) return false;
  }
  return true;
}

TEST_F(HighlightResume, KilledAtAnyMomentItNeitherLosesNorRepeats) {
  for (int i = 0; i < 40; ++i) {
    write_scan("scans/ct/" + std::to_string(100 - i) + ".dcm", {.seed = static_cast<std::uint32_t>(i),
                                                                .sop_uid = "1.2.3." + std::to_string(i),
                                                                .position = "0\\0\\" + std::to_string(i),
                                                                .spacing = "1\\1"});
  }
  write_photos(10);
  folder_.write("scans/1005a.png", "not an image");
  ASSERT_EQ(highlight({"scans"}).code, 1);
  const auto expected_inputs = inputs();
  const auto expected_files = files();
  fs::remove_all(folder_ / "out");

  std::mt19937 random(20261121);
  int kills = 0;
  for (int run = 0; run < 25; ++run) {
    Process process(arguments({"scans", "--batch", "3"}), folder_.path());
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 900'000));
    process.signal(SIGKILL);
    if (process.wait().code != 128 + SIGKILL) break;  // it was done before
    ++kills;
    // What a kill inside write() leaves: sometimes a part of the last line.
    if (random() % 3 == 0 && exists("out/findings.jsonl")) {
      const auto size = fs::file_size(folder_ / "out/findings.jsonl");
      if (size > 40) fs::resize_file(folder_ / "out/findings.jsonl", size - 1 - random() % 40);
    }
  }
  EXPECT_GE(kills, 1) << "how many there are depends on the machine's speed";
  EXPECT_EQ(highlight({"scans"}).code, 1);
  EXPECT_EQ(inputs(), expected_inputs);
  for (const auto& record : records()) {
    if (record["status"] != "ok") continue;
    for (const auto& [name, path] : record["files"].items())
      EXPECT_TRUE(exists("out/" + path.get<std::string>())) << name;
  }
  auto found = files();
  std::erase_if(found,
                [](const auto& file) { return file.first.ends_with(".partial") || file.first.ends_with(".lock"); });
  std::vector<std::string> names;
  std::vector<std::string> expected_names;
  for (const auto& [name, text] : found) names.push_back(name);
  for (const auto& [name, text] : expected_files) expected_names.push_back(name);
  EXPECT_EQ(names, expected_names);
  EXPECT_EQ(found["ct/series/series.json"], expected_files.at("ct/series/series.json"));
}

TEST_F(HighlightResume, LostFilesAreMadeAgain) {
  write_photos(3);
  ASSERT_EQ(highlight({"scans"}).code, 0);
  const auto before = files();
  fs::remove(folder_ / "out/1001.png/mask.png");
  fs::remove(folder_ / "out/1002.png/findings.json");
  EXPECT_THAT(highlight({"scans"}).err, HasSubstr("done 2, skipped 1"));
  EXPECT_EQ(files(), before);
}

TEST_F(HighlightResume, OutputsAskedForLaterAreMade) {
  write_photos(2);
  ASSERT_EQ(highlight({"scans", "--outputs", "mask"}).code, 0);
  EXPECT_THAT(highlight({"scans", "--outputs", "mask,overlay"}).err, HasSubstr("done 2"));
  EXPECT_TRUE(exists("out/1001.png/overlay.png"));
  EXPECT_THAT(highlight({"scans", "--outputs", "mask"}).err, HasSubstr("done 0, skipped 2"));
}

TEST_F(HighlightResume, FilesBelongToTheirLastRecord) {
  write_photos(2);
  ASSERT_EQ(highlight({"scans"}).code, 0);
  const auto first = read_text(folder_ / "scans/1000.png");
  const auto map = read_text(folder_ / "out/1000.png/heat_map.npy");
  write_photo("scans/1000.png", 77);
  EXPECT_THAT(highlight({"scans"}).err, HasSubstr("done 1, skipped 1"));
  EXPECT_NE(read_text(folder_ / "out/1000.png/heat_map.npy"), map);
  // Its first content is back: there is a record, but the files are another content's.
  folder_.write("scans/1000.png", first);
  EXPECT_THAT(highlight({"scans"}).err, HasSubstr("done 1, skipped 1"));
  // Alone in its batch, it may differ in the last bits.
  EXPECT_TRUE(maps_agree(read_text(folder_ / "out/1000.png/heat_map.npy"), map));
  // Damaged now, it leaves no finding behind that is not its own.
  folder_.write("scans/1000.png", "text");
  EXPECT_EQ(highlight({"scans"}).code, 1);
  EXPECT_FALSE(exists("out/1000.png/heat_map.npy"));
  EXPECT_EQ(json_of("out/1000.png/findings.json")["status"], "error");
}

TEST_F(HighlightResume, FailedOnesAreTriedAgainOnlyWhenAskedFor) {
  write_photos(2);
  write_photo("scans/large.png", 5, 100, 100);
  EXPECT_EQ(highlight({"scans", "--max-pixels", "5000"}).code, 1);
  const auto again = highlight({"scans"});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, AllOf(HasSubstr("done 0, skipped 3, failed 0"), HasSubstr("1 of the skipped failed before")));
  EXPECT_EQ(highlight({"scans", "--retry-failed"}).code, 0);
  EXPECT_THAT(records(), SizeIs(4));
  EXPECT_EQ(json_of("out/large.png/findings.json")["status"], "ok");
  EXPECT_THAT(read_text(folder_ / "out/findings.csv"), Not(HasSubstr(",error,")));
}

TEST_F(HighlightResume, OtherModelOrOptionsAreRefused) {
  write_photos(2);
  ASSERT_EQ(highlight({"scans"}).code, 0);
  const auto before = read_text(folder_ / "out/findings.jsonl");
  const auto options = highlight({"scans", "--threshold", "0.7"});
  EXPECT_EQ(options.code, 2);
  EXPECT_THAT(options.err, HasSubstr("holds findings made with other options"));
  tests::write_marking_model(folder_ / "model", 2);
  const auto model = highlight({"scans"});
  EXPECT_EQ(model.code, 2);
  EXPECT_THAT(model.err, HasSubstr("another model"));
  EXPECT_EQ(read_text(folder_ / "out/findings.jsonl"), before);
  ASSERT_EQ(highlight({"scans", "--no-resume"}).code, 0);
  EXPECT_THAT(records(), SizeIs(2));
}

TEST_F(HighlightResume, FindingsFilesOfOthersAreLeftAlone) {
  write_photos(1);
  for (const std::string text : {"a note\n", "{\"version\":\"0.1.0\",\"input\":\"a\"}\nx\n"}) {
    folder_.write("out/findings.jsonl", text);
    EXPECT_NE(highlight({"scans"}).code, 0);
    EXPECT_EQ(read_text(folder_ / "out/findings.jsonl"), text);
  }
}

TEST_F(HighlightResume, WhatAFindingsFileSaysLeadsNowhereElse) {
  write_photos(1);
  ASSERT_EQ(highlight({"scans"}).code, 0);
  auto record = nlohmann::ordered_json::parse(read_text(folder_ / "out/findings.jsonl"));
  for (auto& [name, path] : record["files"].items()) path = "../outside/" + path.get<std::string>();
  folder_.write("out/findings.jsonl", record.dump() + "\n");
  ASSERT_EQ(highlight({"scans"}).code, 0);
  EXPECT_FALSE(exists("outside"));
}

TEST_F(HighlightResume, DryRunWritesNothingAndListsWhatIsToBeDone) {
  write_photos(2);
  const auto first = highlight({"scans", "--dry-run"});
  EXPECT_EQ(first.out, "to-highlight\t1\t../scans/1000.png\nto-highlight\t1\t../scans/1001.png\n");
  EXPECT_FALSE(exists("out"));
  ASSERT_EQ(highlight({"scans"}).code, 0);
  fs::remove(folder_ / "out/1001.png/mask.png");
  EXPECT_EQ(highlight({"scans", "--dry-run"}).out, "to-highlight\t1\t../scans/1001.png\n");
}

TEST_F(HighlightResume, InterruptedItEndsTheBatchAndGoesOn) {
  write_photos(300);
  Process process(arguments({"scans", "--batch", "4"}), folder_.path());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (records().empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  process.signal(SIGINT);
  const auto outcome = process.wait();
  EXPECT_EQ(outcome.code, 130);
  EXPECT_THAT(outcome.err, HasSubstr("interrupted"));
  const auto done = records().size();
  EXPECT_GT(done, 0U);
  EXPECT_LT(done, 300U);
  EXPECT_EQ(highlight({"scans"}).code, 0);
  EXPECT_THAT(records(), SizeIs(300));
}

TEST_F(HighlightResume, FolderThatCannotBeWrittenEndsTheRunAfterTheRecordsBeforeIt) {
  write_photos(4);
  fs::create_directories(folder_ / "out/1002.png/mask.png/x");
  const auto outcome = highlight({"scans", "--batch", "1"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("1002.png/mask.png"));
  EXPECT_THAT(records(), SizeIs(2));
  fs::remove_all(folder_ / "out/1002.png/mask.png");
  EXPECT_EQ(highlight({"scans"}).code, 0);
  EXPECT_THAT(records(), SizeIs(4));
}

}  // namespace
}  // namespace fovea
