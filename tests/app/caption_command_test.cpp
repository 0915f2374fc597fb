#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/command_fixture.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using pipeline::CaptionRecord;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using tests::Outcome;
using tests::read_text;

class CaptionCommand : public tests::CommandFixture {};

TEST_F(CaptionCommand, BadInputsGetErrorRecordsAndChangeNothingElse) {
  write_photos(5);
  ASSERT_EQ(caption({"photos"}).code, 0);
  const std::vector<CaptionRecord> expected = records();
  folder_.write("photos/0000.jpg", "this is text");
  folder_.write("photos/1001a.png", "");
  folder_.write("photos/1002a.png", read_text(folder_ / "photos/1002.png").substr(0, 900));
  fs::create_symlink("nowhere", folder_ / "photos/1003a.png");
  folder_.write("photos/notes.txt", "not meant to be an image");

  const Outcome outcome = caption({"photos", "--no-resume", "missing.png"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("done 5, skipped 0, failed 5"));
  std::vector<CaptionRecord> good;
  std::vector<std::string> bad;
  for (const CaptionRecord& record : records()) {
    if (record.ok()) {
      good.push_back(record);
    } else {
      bad.push_back(record.input + " " + record.error->code);
    }
  }
  EXPECT_THAT(bad, ElementsAre("photos/0000.jpg unsupported", "photos/1001a.png corrupt", "photos/1002a.png corrupt",
                               "photos/1003a.png io", "missing.png io"));
  ASSERT_EQ(good.size(), expected.size());
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_EQ(good[i].input, expected[i].input);
    EXPECT_EQ(good[i].caption, expected[i].caption);
  }
}

TEST_F(CaptionCommand, NamesThatAreNotUtf8AndCyclesOfLinks) {
  write_photo("photos/\xFF\xFE.png", 1);
  fs::create_directory_symlink(".", folder_ / "photos/loop");
  const Outcome outcome = caption({"photos"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("photos/loop leads to a folder that is read already"));
  EXPECT_THAT(inputs(), ElementsAre("photos/\\xFF\\xFE.png"));
}

TEST_F(CaptionCommand, BatchesGiveWhatSingleImagesGive) {
  write_photos(11);
  ASSERT_EQ(caption({"photos", "--batch", "1", "--threads", "1", "--loaders", "1", "--top", "2"}).code, 0);
  const std::vector<CaptionRecord> single = records();
  ASSERT_EQ(single.size(), 11u);
  for (const char* batch : {"4", "64"}) {
    ASSERT_EQ(caption({"photos", "--batch", batch, "--threads", "2", "--top", "2", "--no-resume"}).code, 0);
    const std::vector<CaptionRecord> batched = records();
    ASSERT_EQ(batched.size(), single.size());
    for (std::size_t i = 0; i < single.size(); ++i) {
      EXPECT_EQ(batched[i].input, single[i].input);
      EXPECT_EQ(batched[i].caption, single[i].caption);
      EXPECT_NEAR(*batched[i].log_prob, *single[i].log_prob, 1e-3);
      ASSERT_THAT(batched[i].alternatives, SizeIs(1));
      EXPECT_EQ(batched[i].alternatives[0].caption, single[i].alternatives[0].caption);
    }
  }
}

TEST_F(CaptionCommand, EveryPageAndEveryCopyIsARecord) {
  fs::create_directories(folder_ / "photos");
  const fs::path pages = fs::path(FOVEA_TEST_DATA_DIR) / "io/images/pages.tif";
  fs::copy_file(pages, folder_ / "photos/a.tif");
  fs::copy_file(pages, folder_ / "photos/b.tif");
  ASSERT_EQ(caption({"photos", "--batch", "2"}).code, 0);
  std::vector<std::string> found;
  for (const CaptionRecord& record : records()) found.push_back(record.input + "#" + std::to_string(record.frame));
  ASSERT_GE(found.size(), 4u);
  const std::size_t half = found.size() / 2;
  for (std::size_t page = 0; page < half; ++page) {
    EXPECT_EQ(found[page], "photos/a.tif#" + std::to_string(page + 1));
    EXPECT_EQ(found[half + page], "photos/b.tif#" + std::to_string(page + 1));
  }
}

TEST_F(CaptionCommand, RecordSaysWhatItIsOf) {
  const fs::path photo = fs::path(FOVEA_TEST_DATA_DIR) / "io/images/orientation6.jpg";
  ASSERT_EQ(caption({photo.string()}).code, 0);
  ASSERT_THAT(records(), SizeIs(1));
  const CaptionRecord record = records().front();
  EXPECT_EQ(record.input, fs::canonical(photo).lexically_relative(folder_.path()));
  EXPECT_EQ(record.input_sha256.size(), 64u);
  EXPECT_EQ(record.orientation, 6);
  EXPECT_GT(*record.width, 0);
  EXPECT_EQ(record.model, "model");
  EXPECT_EQ(record.model_sha256.size(), 64u);
  EXPECT_LT(*record.log_prob, 0);
}

TEST_F(CaptionCommand, ListOnStdin) {
  write_photos(3);
  EXPECT_EQ(caption({"-"}, "photos/1002.png\nphotos/1000.png\nphotos/1002.png\n").code, 0);
  EXPECT_THAT(inputs(), ElementsAre("photos/1002.png", "photos/1000.png"));
}

TEST_F(CaptionCommand, GlobsChoose) {
  write_photos(3);
  write_photo("photos/thumbs/x.png", 9);
  EXPECT_EQ(caption({"photos", "--include", "*[02].png", "--include", "x*", "--exclude", "thumbs"}).code, 0);
  EXPECT_THAT(inputs(), ElementsAre("photos/1000.png", "photos/1002.png"));
}

TEST_F(CaptionCommand, NothingFoundIsNoFailure) {
  fs::create_directories(folder_ / "photos");
  const Outcome outcome = caption({"photos"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("no images found in photos"));
  EXPECT_FALSE(fs::exists(folder_ / "captions.jsonl"));
}

TEST_F(CaptionCommand, DryRunWritesNothingAndLists) {
  write_photos(2);
  folder_.write("photos/bad.png", "text");
  const Outcome first = caption({"photos", "--dry-run"});
  EXPECT_EQ(first.out, "to-caption\t1\tphotos/1000.png\nto-caption\t1\tphotos/1001.png\n");
  EXPECT_FALSE(fs::exists(folder_ / "captions.jsonl"));
  EXPECT_FALSE(fs::exists(folder_ / "captions.jsonl.lock"));
  caption({"photos", "--include", "*0.png", "--include", "bad*"});
  const std::string before = read_text(folder_ / "captions.jsonl");
  const Outcome second = caption({"photos", "--dry-run", "--attention", "maps"});
  EXPECT_EQ(second.out, "to-caption\t1\tphotos/1001.png\n");
  EXPECT_EQ(read_text(folder_ / "captions.jsonl"), before);
  EXPECT_FALSE(fs::exists(folder_ / "maps"));
}

TEST_F(CaptionCommand, StdoutCarriesNoMessages) {
  write_photos(1);
  EXPECT_EQ(caption({"photos"}).out, "");
  const Outcome quiet = caption({"photos", "--no-resume", "--quiet"});
  EXPECT_EQ(quiet.code, 0);
  EXPECT_EQ(quiet.err, "");
}

TEST_F(CaptionCommand, JsonLogIsJson) {
  write_photos(2);
  folder_.write("photos/bad.png", "text");
  const Outcome outcome = caption({"photos", "--json-log"});
  std::vector<std::string> events;
  std::istringstream lines(outcome.err);
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    events.push_back(event["event"] == "item" ? event["outcome"] : event["event"]);
    if (event["event"] == "summary") {
      EXPECT_EQ(event["done"], 2);
      EXPECT_EQ(event["failed"], 1);
    }
  }
  events.erase(std::remove(events.begin(), events.end(), "progress"), events.end());
  EXPECT_THAT(events, ElementsAre("captioned", "captioned", "failed", "summary"));
}

}  // namespace
}  // namespace fovea
