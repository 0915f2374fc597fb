#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/command_fixture.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::Outcome;
using tests::Process;
using tests::read_text;

class CaptionResume : public tests::CommandFixture {
 protected:
  /// Waits until a run has written something more.
  void wait_for_records() {
    const auto size = [&] {
      std::error_code error;
      const auto bytes = fs::file_size(folder_ / "captions.jsonl", error);
      return error ? 0 : bytes;
    };
    const auto before = size();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (size() <= before && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  std::map<std::string, std::string> captions() {
    std::map<std::string, std::string> result;
    for (const auto& record : records()) result[record.input] = record.caption.value_or("-");
    return result;
  }
};

TEST_F(CaptionResume, KilledAtAnyMomentItNeitherLosesNorRepeats) {
  write_photos(120);
  folder_.write("photos/1050a.png", "not an image");
  ASSERT_EQ(caption({"photos"}).code, 1);
  const auto expected_inputs = inputs();
  const auto expected_captions = captions();
  fs::remove(folder_ / "captions.jsonl");

  std::mt19937 random(20261120);
  int kills = 0;
  for (int run = 0; run < 40; ++run) {
    Process process(caption_arguments({"photos", "--batch", "3"}), folder_.path());
    // From before the model is open to some batches into the run.
    if (run % 2 == 0 && run < 10) {
      wait_for_records();
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 800'000));
    }
    process.signal(SIGKILL);
    if (process.wait().code != 128 + SIGKILL) break;  // it was done before
    ++kills;
    // What a kill inside write() leaves: sometimes a part of the last line.
    if (random() % 3 == 0 && fs::exists(folder_ / "captions.jsonl")) {
      const auto size = fs::file_size(folder_ / "captions.jsonl");
      if (size > 40) fs::resize_file(folder_ / "captions.jsonl", size - 1 - random() % 40);
    }
  }
  EXPECT_GE(kills, 3);
  EXPECT_EQ(caption({"photos"}).code, 1);
  EXPECT_EQ(inputs(), expected_inputs);
  EXPECT_EQ(captions(), expected_captions);
}

TEST_F(CaptionResume, DoneIsDone) {
  write_photos(4);
  ASSERT_EQ(caption({"photos"}).code, 0);
  const std::string before = read_text(folder_ / "captions.jsonl");
  const Outcome again = caption({"photos"});
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.err, HasSubstr("done 0, skipped 4, failed 0"));
  EXPECT_EQ(read_text(folder_ / "captions.jsonl"), before);
  // The same files by another way.
  ASSERT_EQ(caption({fs::canonical(folder_ / "photos").string(), "./photos/../photos/1000.png"}).code, 0);
  EXPECT_EQ(read_text(folder_ / "captions.jsonl"), before);
}

TEST_F(CaptionResume, NewAndChangedFilesAreCaptioned) {
  write_photos(3);
  ASSERT_EQ(caption({"photos"}).code, 0);
  write_photo("photos/1001.png", 77);
  write_photo("photos/0999.png", 78);
  ASSERT_EQ(caption({"photos", "--format", "coco"}).code, 0);
  EXPECT_THAT(inputs(), ElementsAre("photos/1000.png", "photos/1001.png", "photos/1002.png", "photos/0999.png",
                                    "photos/1001.png"));
}

TEST_F(CaptionResume, FailedOnesAreTriedAgainOnlyWhenAskedFor) {
  write_photos(2);
  write_photo("photos/large.png", 5, 100, 100);
  EXPECT_EQ(caption({"photos", "--max-pixels", "5000"}).code, 1);
  const Outcome again = caption({"photos"});
  EXPECT_EQ(again.code, 1);  // its caption is still missing
  EXPECT_THAT(again.err, AllOf(HasSubstr("done 0, skipped 3, failed 0"), HasSubstr("1 of the skipped failed before")));
  EXPECT_EQ(caption({"photos", "--retry-failed", "--format", "csv"}).code, 0);
  const auto found = records();
  ASSERT_THAT(found, SizeIs(4));
  EXPECT_FALSE(found[2].ok());
  EXPECT_EQ(found[3].input, "photos/large.png");
  EXPECT_TRUE(found[3].ok());
  // The later line stands in for the earlier one.
  EXPECT_THAT(read_text(folder_ / "captions.csv"), ::testing::Not(HasSubstr(",error,")));
  EXPECT_EQ(caption({"photos", "--retry-failed"}).code, 0);
  EXPECT_THAT(records(), SizeIs(4));
}

TEST_F(CaptionResume, OtherModelOrOptionsAreRefused) {
  write_photos(2);
  ASSERT_EQ(caption({"photos"}).code, 0);
  const std::string before = read_text(folder_ / "captions.jsonl");
  const Outcome options = caption({"photos", "--beam", "2"});
  EXPECT_EQ(options.code, 2);
  EXPECT_THAT(options.err, HasSubstr("other options"));
  tests::write_tiny_caption_model(folder_ / "model", 2);
  const Outcome model = caption({"photos"});
  EXPECT_EQ(model.code, 2);
  EXPECT_THAT(model.err, HasSubstr("another model"));
  EXPECT_EQ(read_text(folder_ / "captions.jsonl"), before);
  ASSERT_EQ(caption({"photos", "--no-resume", "--beam", "2"}).code, 0);
  EXPECT_THAT(records(), SizeIs(2));
}

TEST_F(CaptionResume, BatchAndThreadsAreNoOtherOptions) {
  write_photos(2);
  ASSERT_EQ(caption({"photos"}).code, 0);
  EXPECT_THAT(caption({"photos", "--batch", "1", "--threads", "1", "--loaders", "3"}).err, HasSubstr("skipped 2"));
}

TEST_F(CaptionResume, InterruptedItEndsTheBatchAndGoesOn) {
  write_photos(400);
  Process process(caption_arguments({"photos", "--batch", "4"}), folder_.path());
  wait_for_records();
  process.signal(SIGINT);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 130);
  EXPECT_THAT(outcome.err, HasSubstr("interrupted"));
  EXPECT_LT(records().size(), 400u);
  EXPECT_EQ(caption({"photos"}).code, 0);
  EXPECT_THAT(records(), SizeIs(400));
}

TEST_F(CaptionResume, SecondWriterIsRefused) {
  write_photos(400);
  Process process(caption_arguments({"photos", "--batch", "4"}), folder_.path());
  wait_for_records();
  process.signal(SIGSTOP);  // so that it cannot be done before the second one starts
  const Outcome second = caption({"photos"});
  process.signal(SIGCONT);
  process.signal(SIGINT);
  EXPECT_EQ(second.code, 3);
  EXPECT_THAT(second.err, HasSubstr("another run"));
  EXPECT_EQ(process.wait().code, 130);
}

}  // namespace
}  // namespace fovea
