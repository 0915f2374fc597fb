/// `fovea highlight`: what it refuses, what it writes, where.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/highlight_fixture.hpp"
#include "fovea/loader.hpp"
#include "io/npy.hpp"
#include "tiny_caption_model.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using tests::read_text;
using tests::run_fovea;
using tests::ScanMaker;

class HighlightCommand : public tests::HighlightFixture {
 protected:
  /// All text that a run left behind or said.
  std::string all_text(const tests::Outcome& outcome) const {
    std::string text = outcome.out + outcome.err;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "out")) {
      text += entry.path().string();
      if (entry.is_regular_file()) text += read_text(entry.path());
    }
    return text;
  }
};

TEST_F(HighlightCommand, WithoutAModelItListsThoseThereAre) {
  write_photo("scans/a.png", 1);
  const auto outcome = run_fovea({"highlight", "scans", "-o", "out"}, folder_.path());
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no model is given"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("caption-photos")));
  EXPECT_FALSE(exists("out"));
}

TEST_F(HighlightCommand, ModelsThatMarkNothingAreRefused) {
  write_photo("scans/a.png", 1);
  tests::write_tiny_caption_model(folder_ / "words");
  const auto words = run_fovea({"highlight", "scans", "-o", "out", "--model", "words"}, folder_.path());
  EXPECT_EQ(words.code, 3);
  EXPECT_THAT(words.err, HasSubstr("marks nothing"));
  EXPECT_EQ(run_fovea({"highlight", "scans", "-o", "out", "--model", "no-such"}, folder_.path()).code, 3);
}

TEST_F(HighlightCommand, OptionsThatMakeNoSenseAreRefusedByName) {
  write_photo("scans/a.png", 1);
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--threshold", "1.5"}, "threshold"},
      {{"--min-region", "-1"}, "min_region"},
      {{"--opacity", "2"}, "opacity"},
      {{"--colormap", "rainbow"}, "rainbow"},
      {{"--outputs", "mask,maps"}, "outputs = maps"},
      {{"--window", "40"}, "--window"},
      {{"--window", "40,400", "--window-index", "1"}, "exclude"},
      {{"--batch", "0"}, "batch"},
      {{"--retry-failed", "--no-resume"}, "exclude"},
  };
  for (const auto& [options, expected] : cases) {
    auto arguments = options;
    arguments.emplace_back("scans");
    const auto outcome = highlight(arguments);
    EXPECT_EQ(outcome.code, 2) << expected;
    EXPECT_THAT(outcome.err, HasSubstr(expected));
  }
  EXPECT_FALSE(exists("out"));
}

TEST_F(HighlightCommand, OutputThatIsNotWritableIsRefusedBeforeTheModelIsOpen) {
  write_photo("scans/a.png", 1);
  folder_.write("file", "");
  const auto outcome = run_fovea({"highlight", "scans", "-o", "file/out", "--model", "no-such-model"}, folder_.path());
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("file/out"), Not(HasSubstr("no-such-model"))));
}

TEST_F(HighlightCommand, TheInputsOwnFolderIsNoOutput) {
  write_photo("scans/a.png", 1);
  const auto outcome = run_fovea({"highlight", "scans", "-o", "./scans/../scans", "--model", "model"}, folder_.path());
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("is an input"));
}

TEST_F(HighlightCommand, ResultsBelowTheInputsAreNoInputs) {
  write_photo("scans/a.png", 1);
  const std::vector<std::string> command{"highlight", "scans", "-o", "scans/out", "--model", "model"};
  ASSERT_EQ(run_fovea(command, folder_.path()).code, 0);
  EXPECT_THAT(run_fovea(command, folder_.path()).err, HasSubstr("done 0, skipped 1, failed 0"));
}

TEST_F(HighlightCommand, DamagedInputsGetErrorRecordsAndEndNothing) {
  write_scan("scans/a.dcm", {});
  folder_.write("scans/b.dcm", bytes_of({.seed = 2, .sop_uid = "1.2.4"}).substr(0, 700));
  folder_.write("scans/c.dcm", "no DICOM at all");
  write_photo("scans/d.png", 3);
  folder_.write("scans/e.png", "");
  const auto outcome = highlight({"scans"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("done 2"), HasSubstr("failed 3")));
  const auto found = records();
  ASSERT_THAT(found, SizeIs(5));
  for (const auto& record : found) {
    const std::string input = record["input"];
    const bool good = input == "../scans/a.dcm" || input == "../scans/d.png";
    EXPECT_EQ(record["status"], good ? "ok" : "error") << input;
    EXPECT_EQ(record["error"].is_null(), good);
    const fs::path folder = folder_ / "out" / record["files"]["findings"].get<std::string>();
    EXPECT_EQ(json::parse(read_text(folder))["status"], record["status"]);
    EXPECT_EQ(fs::exists(folder.parent_path() / "mask.png"), good);
    if (good) continue;
    for (const char* field : {"width", "label", "scores", "anomaly_score", "threshold", "regions", "caption"}) {
      EXPECT_TRUE(record[field].is_null()) << field;
    }
  }
}

TEST_F(HighlightCommand, FindingsHaveTheFieldsOfTheContract) {
  write_scan("scans/a.dcm", {.position = "10\\20\\30", .spacing = "0.5\\0.25"});
  ASSERT_EQ(highlight({"scans"}).code, 0);
  const json finding = json_of("out/a.dcm/findings.json");
  for (const char* field :
       {"version", "input",          "frame",      "input_sha256", "status",        "error",
        "width",   "height",         "label",      "scores",       "anomaly_score", "threshold",
        "regions", "caption",        "files",      "model",        "model_sha256",  "options_sha256",
        "source",  "spacing_source", "unfamiliar", "distance",     "notices"}) {
    EXPECT_TRUE(finding.contains(field)) << field;
  }
  EXPECT_EQ(finding["input"], "../../scans/a.dcm");
  EXPECT_EQ(finding["width"], 32);
  EXPECT_EQ(finding["height"], 24);
  EXPECT_EQ(finding["source"], (json{{"study_uid", "1.2.8"}, {"series_uid", "1.2.9"}, {"sop_uid", "1.2.3"}}));
  EXPECT_EQ(finding["spacing_source"], "PixelSpacing");
  EXPECT_THAT(finding["scores"], SizeIs(3));
  ASSERT_THAT(finding["regions"], Not(IsEmpty()));
  for (const auto& region : finding["regions"]) {
    EXPECT_NEAR(region["area_mm2"], region["area_px"].get<double>() * 0.125, 1e-6);
    EXPECT_NEAR(region["centroid_mm"][0], 10 + region["centroid_px"][0].get<double>() * 0.25, 1e-5);
    EXPECT_NEAR(region["centroid_mm"][1], 20 + region["centroid_px"][1].get<double>() * 0.5, 1e-5);
    EXPECT_NEAR(region["centroid_mm"][2], 30, 1e-6);
    EXPECT_THAT(region["contours"], Not(IsEmpty()));
    EXPECT_THAT(region["box"], SizeIs(4));
  }
  // The line of the run is the same, but for where its paths begin.
  json line = records().at(0);
  EXPECT_EQ(line["input"], "../scans/a.dcm");
  EXPECT_EQ(line["files"]["mask"], "a.dcm/mask.png");
  EXPECT_EQ(finding["files"]["mask"], "mask.png");
  for (const char* field : {"input", "files"}) line[field] = finding[field];
  EXPECT_EQ(line, finding);
}

TEST_F(HighlightCommand, MapsLieOnTheOriginalGridAndAgree) {
  write_scan("scans/a.dcm", {.rows = 50, .columns = 37});
  ASSERT_EQ(highlight({"scans", "--min-region", "0"}).code, 0);
  const auto map = io::read_npy(folder_ / "out/a.dcm/heat_map.npy");
  EXPECT_EQ(map.width, 37);
  EXPECT_EQ(map.height, 50);
  const Image mask = load_image(folder_ / "out/a.dcm/mask.png");
  ASSERT_EQ(mask.pixels.size(), map.values.size() * 3);
  const double threshold = json_of("out/a.dcm/findings.json")["threshold"];
  std::size_t marked = 0;
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    const bool above = map.values[i] >= static_cast<float>(threshold);
    marked += above ? 1 : 0;
    ASSERT_EQ(mask.pixels[3 * i], above ? 255 : 0) << i;
  }
  double area = 0;
  const json finding = json_of("out/a.dcm/findings.json");
  for (const auto& region : finding["regions"]) area += region["area_px"].get<double>();
  EXPECT_EQ(area, static_cast<double>(marked));
  const Image overlay = load_image(folder_ / "out/a.dcm/overlay.png");
  EXPECT_GE(overlay.width, 37);
  EXPECT_GT(overlay.height, 50);
}

TEST_F(HighlightCommand, OnlyWhatIsNamedIsWritten) {
  write_scan("scans/a.dcm", {});
  ASSERT_EQ(highlight({"scans", "--outputs", "mask,heat_map_npy"}).code, 0);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_ / "out/a.dcm")) names.push_back(entry.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre("findings.json", "mask.png", "heat_map.npy"));
  EXPECT_FALSE(exists("out/findings.csv"));
}

TEST_F(HighlightCommand, FramesHaveFoldersOfTheirOwn) {
  write_scan("scans/deep/cine.dcm", {.frames = 3});
  ASSERT_EQ(highlight({"scans"}).code, 0);
  EXPECT_THAT(records(), SizeIs(3));
  EXPECT_EQ(json_of("out/deep/cine.dcm/frame-0002/findings.json")["frame"], 2);
  EXPECT_EQ(json_of("out/deep/cine.dcm/frame-0002/findings.json")["input"], "../../../../scans/deep/cine.dcm");
  EXPECT_NE(read_text(folder_ / "out/deep/cine.dcm/frame-0001/heat_map.npy"),
            read_text(folder_ / "out/deep/cine.dcm/frame-0003/heat_map.npy"));
  EXPECT_TRUE(exists("out/deep/cine.dcm/series/montage.png"));
}

TEST_F(HighlightCommand, InputsOfOneNameDoNotShareAFolder) {
  write_scan("a/1.dcm", {.seed = 1, .sop_uid = "1.2.3.1"});
  write_scan("b/1.dcm", {.seed = 2, .sop_uid = "1.2.3.2"});
  // A file where the other folder has a folder, and names that the run takes for itself.
  write_photo("a/x", 3);
  write_photo("b/x/y.png", 4);
  fs::rename(folder_ / "a/x", folder_ / "a/x.png");
  fs::rename(folder_ / "b/x", folder_ / "b/x.png");
  write_photo("c/findings.csv", 5);
  const std::vector<std::string> command{"a", "b", "c/findings.csv"};
  ASSERT_EQ(highlight(command).code, 0);
  std::vector<std::string> folders;
  for (const auto& record : records()) {
    folders.push_back(fs::path(record["files"]["findings"].get<std::string>()).parent_path());
    EXPECT_EQ(json_of("out/" + folders.back() + "/findings.json")["input_sha256"], record["input_sha256"]);
  }
  std::sort(folders.begin(), folders.end());
  EXPECT_EQ(std::unique(folders.begin(), folders.end()), folders.end());
  EXPECT_THAT(folders, AllOf(SizeIs(5), Contains("1.dcm"), Contains("x.png"), Not(Contains("findings.csv"))));
  EXPECT_TRUE(fs::is_regular_file(folder_ / "out/findings.csv"));
  // In another order they keep what they have.
  const auto before = read_text(folder_ / "out/findings.jsonl");
  EXPECT_THAT(highlight({"c/findings.csv", "b", "a"}).err, HasSubstr("done 0, skipped 5"));
  EXPECT_EQ(read_text(folder_ / "out/findings.jsonl"), before);
}

TEST_F(HighlightCommand, ANewInputLeavesTheFoldersOfOthersAlone) {
  write_scan("a/1.dcm", {.seed = 1, .sop_uid = "1.2.3.1"});
  write_scan("b/1.dcm", {.seed = 2, .sop_uid = "1.2.3.2"});
  ASSERT_EQ(highlight({"a"}).code, 0);
  const auto of_a = read_text(folder_ / "out/1.dcm/findings.json");
  ASSERT_EQ(highlight({"b"}).code, 0);
  EXPECT_EQ(read_text(folder_ / "out/1.dcm/findings.json"), of_a);
  EXPECT_THAT(records(), SizeIs(2));
}

TEST_F(HighlightCommand, NothingTellsWhoThePatientIs) {
  for (int i = 0; i < 3; ++i) {
    write_scan("scans/" + std::to_string(i) + ".dcm", {.seed = 1U,
                                                       .sop_uid = "1.2.3." + std::to_string(i),
                                                       .position = "0\\0\\" + std::to_string(i),
                                                       .spacing = "1\\1",
                                                       .burned_in = i == 1 ? "YES" : ""});
  }
  folder_.write("scans/cut.dcm", bytes_of({}).substr(0, 600));
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"scans"}, {"scans", "--json-log", "--no-resume"}}) {
    const auto outcome = highlight(more);
    const std::string text = all_text(outcome);
    for (const char* secret : {"Secret", "Patient^", "4711", "19470308"}) EXPECT_THAT(text, Not(HasSubstr(secret)));
    EXPECT_THAT(outcome.err, HasSubstr("as the file says (Burned In Annotation): 1 image;"));
  }
  EXPECT_THAT(json_of("out/1.dcm/findings.json")["notices"].dump(), HasSubstr("Burned In Annotation"));
  EXPECT_THAT(json_of("out/2.dcm/findings.json")["notices"], IsEmpty());
}

TEST_F(HighlightCommand, WindowsChangeWhatIsSeen) {
  write_scan("scans/a.dcm", {});
  ASSERT_EQ(highlight({"scans"}).code, 0);
  const auto narrow =
      run_fovea({"highlight", "scans", "-o", "narrow", "--model", "model", "--window", "500,100"}, folder_.path());
  ASSERT_EQ(narrow.code, 0);
  EXPECT_NE(read_text(folder_ / "out/a.dcm/heat_map.npy"), read_text(folder_ / "narrow/a.dcm/heat_map.npy"));
  EXPECT_NE(json_of("out/a.dcm/findings.json")["options_sha256"],
            json_of("narrow/a.dcm/findings.json")["options_sha256"]);
  // A window that the file does not have is this input's error.
  EXPECT_EQ(
      run_fovea({"highlight", "scans", "-o", "third", "--model", "model", "--window-index", "3"}, folder_.path()).code,
      1);
}

TEST_F(HighlightCommand, BatchAndThreadsChangeNothing) {
  for (std::uint32_t i = 0; i < 7; ++i) write_photo("scans/" + std::to_string(i) + ".png", i);
  ASSERT_EQ(highlight({"scans", "--batch", "7", "--threads", "1"}).code, 0);
  ASSERT_EQ(run_fovea({"highlight", "scans", "-o", "one", "--model", "model", "--batch", "1", "--threads", "3"},
                      folder_.path())
                .code,
            0);
  for (int i = 0; i < 7; ++i) {
    const std::string name = std::to_string(i) + ".png/heat_map.npy";
    const auto a = io::read_npy(folder_ / "out" / name).values;
    const auto b = io::read_npy(folder_ / "one" / name).values;
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t k = 0; k < a.size(); ++k) ASSERT_NEAR(a[k], b[k], 1e-4);
  }
}

TEST_F(HighlightCommand, TheTableHasALineForEachFinding) {
  write_scan("scans/a.dcm", {.position = "0\\0\\0", .spacing = "1\\1"});
  folder_.write("scans/b.dcm", "damaged");
  EXPECT_EQ(highlight({"scans"}).code, 1);
  const std::string csv = read_text(folder_ / "out/findings.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_THAT(csv, AllOf(HasSubstr("\n0.1.0,../scans/a.dcm,1,1,"), HasSubstr(",1.2.8,1.2.9,1.2.3,"),
                         HasSubstr(",unsupported,")));
}

TEST_F(HighlightCommand, APipelineFileRunsTheSame) {
  write_scan("scans/a.dcm", {});
  ASSERT_EQ(highlight({"scans", "--outputs", "mask", "--window", "500,400", "--flip"}).code, 0);
  folder_.write("job.json", R"({"pipeline": "highlight", "model": "./model", "load": {"window": [500, 400]},
    "highlight": {"flip": true}, "outputs": {"files": ["mask"]}})");
  ASSERT_EQ(run_fovea({"run", "job.json", "scans", "-o", "piped"}, folder_.path()).code, 0);
  EXPECT_EQ(read_text(folder_ / "piped/a.dcm/findings.json"), read_text(folder_ / "out/a.dcm/findings.json"));
  EXPECT_FALSE(exists("piped/a.dcm/overlay.png"));
}

TEST_F(HighlightCommand, PipelineFilesAreCheckedByName) {
  write_scan("scans/a.dcm", {});
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"pipeline": "mark"})", "expected \"caption\" or \"highlight\""},
      {R"({"pipeline": "highlight", "model": "./model", "caption": {}})", "unknown key \"caption\""},
      {R"({"pipeline": "highlight", "model": "./model", "highlight": {"threshold": "high"}})", "threshold"},
      {R"({"pipeline": "highlight", "model": "./model", "highlight": {"threshold": -0.5}})", "threshold"},
      {R"({"pipeline": "highlight", "model": "./model", "load": {"window": [40]}})", "window"},
      {R"({"pipeline": "highlight", "model": "./model", "load": {"window": ["bone"]}})", "window"},
      {R"({"pipeline": "highlight", "model": "./model", "outputs": {"files": ["maps"]}})", "maps"},
      {R"({"pipeline": "highlight"})", "no model is given"},
  };
  for (const auto& [text, expected] : cases) {
    folder_.write("job.json", text);
    const auto outcome = run_fovea({"run", "job.json", "scans", "-o", "out"}, folder_.path());
    EXPECT_EQ(outcome.code, 2) << text;
    EXPECT_THAT(outcome.err, HasSubstr(expected)) << text;
  }
}

}  // namespace
}  // namespace fovea
