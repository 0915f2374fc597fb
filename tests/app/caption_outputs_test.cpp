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
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::read_text;

class CaptionOutputs : public tests::CommandFixture {
 protected:
  std::size_t files_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_ / folder), fs::directory_iterator()));
  }
};

TEST_F(CaptionOutputs, FolderThatIsNotWritableIsRefusedBeforeTheModelIsOpen) {
  write_photos(1);
  folder_.write("file", "");
  for (const char* option : {"--attention", "--report"}) {
    const auto outcome = tests::run_fovea(
        {"caption", "photos", "-o", "captions.jsonl", "--model", "no-such-model", option, "file/maps"}, folder_.path());
    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err, HasSubstr("file/maps"));
    EXPECT_FALSE(fs::exists(folder_ / "captions.jsonl"));
  }
}

TEST_F(CaptionOutputs, CsvAndCocoEqualTheRecords) {
  write_photos(3);
  folder_.write("photos/bad.png", "text");
  EXPECT_EQ(caption({"photos", "--format", "csv", "--format", "coco"}).code, 1);
  const auto results = json::parse(read_text(folder_ / "captions.coco.json"));
  const auto images = json::parse(read_text(folder_ / "captions.coco-images.json"))["images"];
  const std::string csv = read_text(folder_ / "captions.csv");
  ASSERT_THAT(images, SizeIs(4));
  ASSERT_THAT(results, SizeIs(3));
  std::size_t i = 0;
  for (const auto& record : records()) {
    EXPECT_EQ(images[i++]["file_name"], record.input);
    EXPECT_THAT(csv, HasSubstr("\n0.1.0," + record.input + ",1," + record.input_sha256));
    if (!record.ok()) continue;
    EXPECT_EQ(results[i - 1]["image_id"], images[i - 1]["id"]);
    EXPECT_EQ(results[i - 1]["caption"], *record.caption);
  }
}

TEST_F(CaptionOutputs, SidecarsDoNotCollide) {
  write_photo("photos/a.png", 1);
  write_photo("photos/b.png", 2);
  write_photo("photos/b.x.png", 3);
  fs::copy_file(folder_ / "photos/b.png", folder_ / "photos/b.webp");
  ASSERT_EQ(caption({"photos", "--sidecar", "txt"}).code, 0);
  const auto found = records();
  EXPECT_EQ(read_text(folder_ / "photos/a.txt"), *found[0].caption + "\n");
  EXPECT_EQ(read_text(folder_ / "photos/b.png.txt"), *found[1].caption + "\n");
  EXPECT_EQ(read_text(folder_ / "photos/b.webp.txt"), *found[2].caption + "\n");
  EXPECT_EQ(read_text(folder_ / "photos/b.x.txt"), *found[3].caption + "\n");
}

TEST_F(CaptionOutputs, PicturesAndReportOfEveryImage) {
  write_photos(3);
  folder_.write("photos/bad.png", "text");
  EXPECT_EQ(caption({"photos", "--attention", "maps", "--report", "html"}).code, 1);
  EXPECT_EQ(files_in("maps"), 3u);
  const std::string page = read_text(folder_ / "html/index.html");
  EXPECT_THAT(page, HasSubstr("photos/1002.png"));
  EXPECT_THAT(page, HasSubstr("photos/bad.png"));
}

TEST_F(CaptionOutputs, PictureThatCannotBeWrittenEndsTheRunAfterTheRecordsBeforeIt) {
  write_photos(4);
  ASSERT_EQ(caption({"photos", "--attention", "maps"}).code, 0);
  const auto whole = records();
  fs::path sheet;
  for (const auto& entry : fs::directory_iterator(folder_ / "maps")) {
    if (entry.path().filename().string().starts_with("1002")) sheet = entry.path();
  }
  fs::remove(sheet);
  fs::create_directory(sheet);
  fs::remove(folder_ / "captions.jsonl");
  const auto outcome = caption({"photos", "--attention", "maps", "--batch", "1"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("cannot write maps/" + sheet.filename().string()));
  EXPECT_THAT(records(), SizeIs(2));
  EXPECT_EQ(files_in("maps"), 4u);  // nothing half written beside the others

  fs::remove(sheet);
  EXPECT_EQ(caption({"photos", "--attention", "maps"}).code, 0);
  ASSERT_THAT(records(), SizeIs(4));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(records()[i].caption, whole[i].caption);
  EXPECT_TRUE(fs::is_regular_file(sheet));
}

TEST_F(CaptionOutputs, AskedForLaterTheyAreMadeWithoutNewRecords) {
  write_photos(3);
  folder_.write("photos/bad.png", "text");
  EXPECT_EQ(caption({"photos"}).code, 1);
  const std::string before = read_text(folder_ / "captions.jsonl");
  EXPECT_EQ(caption({"photos", "--attention", "maps", "--report", "html", "--sidecar", "txt"}).code, 1);
  EXPECT_EQ(files_in("maps"), 3u);
  EXPECT_THAT(read_text(folder_ / "html/index.html"), HasSubstr("photos/bad.png"));
  EXPECT_EQ(read_text(folder_ / "photos/1001.txt"), *records()[1].caption + "\n");
  EXPECT_EQ(read_text(folder_ / "captions.jsonl"), before);
}

TEST_F(CaptionOutputs, TextFilesAloneNeedNoSecondPass) {
  write_photos(2);
  EXPECT_EQ(caption({"photos"}).code, 0);
  const auto outcome = caption({"photos", "--sidecar", "txt"});
  EXPECT_THAT(outcome.err, HasSubstr("done 0, skipped 2"));
  EXPECT_EQ(read_text(folder_ / "photos/1001.txt"), *records()[1].caption + "\n");
}

TEST_F(CaptionOutputs, PipelineFileRunsTheSame) {
  write_photos(3);
  ASSERT_EQ(caption({"photos"}).code, 0);
  folder_.write("job.json", R"({"pipeline": "caption", "model": "./model", "outputs": {"formats": ["csv"]}})");
  ASSERT_EQ(tests::run_fovea({"run", "job.json", "photos", "-o", "out"}, folder_.path()).code, 0);
  const auto expected = records();
  const auto found = records("out/captions.jsonl");
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].input, "../" + expected[i].input);
    EXPECT_EQ(found[i].caption, expected[i].caption);
    EXPECT_EQ(found[i].options_sha256, expected[i].options_sha256);
  }
  EXPECT_TRUE(fs::exists(folder_ / "out/captions.csv"));
}

}  // namespace
}  // namespace fovea
