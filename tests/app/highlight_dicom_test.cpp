/// `fovea highlight --dicom` and `--deidentify`. What the objects hold is tested in tests/base/dicom_out_*.
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/highlight_fixture.hpp"
#include "fovea/loader.hpp"
#include "fovea/scan_info.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using tests::read_text;
using tests::run_fovea;

class HighlightDicom : public tests::HighlightFixture {
 protected:
  void write_slices(int count, const std::string& folder = "ct") {
    for (int i = 0; i < count; ++i) {
      write_scan(folder + "/Secret-" + std::to_string(i) + ".dcm", {.seed = static_cast<std::uint32_t>(i),
                                                                    .sop_uid = "1.2.3." + std::to_string(i),
                                                                    .position = "0\\0\\" + std::to_string(i),
                                                                    .spacing = "1\\1"});
    }
  }
  ScanInfo info(const std::string& name) const { return describe_scan(folder_ / "out" / name); }
  std::vector<fs::path> files_below(const std::string& name) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / name)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    return files;
  }
};

constexpr const char* kAll = "sc,seg,seg_fractional,pm,sr,gsps";

TEST_F(HighlightDicom, UnknownObjectsAreRefused) {
  write_slices(1);
  const auto outcome = highlight({"ct", "--dicom", "sc,rt"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("dicom = rt"));
  EXPECT_FALSE(exists("out"));
}

TEST_F(HighlightDicom, KeyOfOthersIsRefusedAndLeftAlone) {
  write_slices(1);
  folder_.write("out.key", "my diary");
  EXPECT_EQ(highlight({"ct", "--dicom", "sc"}).code, 2);
  EXPECT_EQ(read_text(folder_ / "out.key"), "my diary");
}

TEST_F(HighlightDicom, FramesHaveTheirObjectsAndTheSeriesOneOfEach) {
  write_slices(3);
  ASSERT_EQ(highlight({"ct", "--dicom", kAll}).code, 0);
  const std::string slice = "Secret-1.dcm";
  EXPECT_EQ(info(slice + "/sc.dcm").sop_class, "SecondaryCaptureImageStorage");
  EXPECT_EQ(info(slice + "/sr.dcm").scan.identity.modality, "SR");
  EXPECT_EQ(info(slice + "/gsps.dcm").scan.identity.modality, "PR");
  EXPECT_FALSE(exists("out/" + slice + "/seg.dcm"));
  EXPECT_EQ(info("series/seg_fractional.dcm").scan.identity.modality, "SEG");
  EXPECT_EQ(info("series/seg_fractional.dcm").scan.identity.frames, 3);
  EXPECT_EQ(info("series/pm.dcm").scan.identity.frames, 3);
  EXPECT_TRUE(exists("out/series/seg.dcm"));
  for (const char* key : {"sc", "sr", "gsps"}) EXPECT_TRUE(records().at(1)["files"].contains(key)) << key;
  EXPECT_THAT(json_of("out/series/series.json")["refused"], IsEmpty());
  // All results of a kind from one series are one new series, of the source's study.
  EXPECT_EQ(info("Secret-0.dcm/sc.dcm").scan.identity.series_uid, info("Secret-2.dcm/sc.dcm").scan.identity.series_uid);
  EXPECT_NE(info("Secret-0.dcm/sc.dcm").scan.identity.sop_uid, info("Secret-2.dcm/sc.dcm").scan.identity.sop_uid);
  EXPECT_EQ(info("Secret-0.dcm/sc.dcm").scan.identity.study_uid, "1.2.8");
}

TEST_F(HighlightDicom, SingleFilesHaveAllOfThemBesideTheirFinding) {
  write_slices(1);
  ASSERT_EQ(highlight({"ct", "--dicom", kAll, "--outputs", ""}).code, 0);
  const json finding = json_of("out/Secret-0.dcm/findings.json");
  for (const char* name : {"sc", "sr", "gsps", "seg", "seg_fractional", "pm"}) {
    EXPECT_TRUE(exists("out/Secret-0.dcm/" + finding["files"][name].get<std::string>())) << name;
  }
  EXPECT_FALSE(exists("out/Secret-0.dcm/overlay.png"));
  EXPECT_EQ(load_image(folder_ / "out/Secret-0.dcm/sc.dcm").geometry.width,
            load_image(folder_ / "out/Secret-0.dcm/sc.dcm").width);
}

TEST_F(HighlightDicom, WhatCannotBeMadeIsRefusedWithTheReasonAndOnce) {
  write_photo("scans/a.png", 1);
  write_scan("scans/b.dcm", {});  // without a plane there is no Parametric Map
  ASSERT_EQ(highlight({"scans", "--dicom", kAll}).code, 0);
  const json photo = json_of("out/a.png/findings.json")["refused"];
  EXPECT_THAT(photo, SizeIs(6));
  EXPECT_EQ(photo["sc"], "the input is no DICOM file");
  const json scan = json_of("out/b.dcm/findings.json")["refused"];
  EXPECT_THAT(scan, SizeIs(1));
  EXPECT_THAT(scan["pm"].get<std::string>(), HasSubstr("../scans/b.dcm"));
  EXPECT_THAT(scan["pm"].get<std::string>(), Not(HasSubstr(folder_.path().string())));
  EXPECT_THAT(highlight({"scans", "--dicom", kAll}).err, HasSubstr("done 0, skipped 2"));
}

TEST_F(HighlightDicom, AskedForLaterTheyAreMade) {
  write_slices(3);
  ASSERT_EQ(highlight({"ct"}).code, 0);
  EXPECT_FALSE(exists("out.key"));
  EXPECT_THAT(highlight({"ct", "--dicom", "sc"}).err, HasSubstr("done 3"));
  EXPECT_TRUE(exists("out/Secret-2.dcm/sc.dcm"));
  // Of the series alone: nothing of the slices is missing.
  EXPECT_THAT(highlight({"ct", "--dicom", "sc,seg"}).err, HasSubstr("done 0, skipped 3"));
  EXPECT_TRUE(exists("out/series/seg.dcm"));
}

TEST_F(HighlightDicom, RunsThatGoOnMakeTheSameSeries) {
  write_slices(2);
  ASSERT_EQ(highlight({"ct", "--dicom", "sc"}).code, 0);
  EXPECT_EQ(fs::status(folder_ / "out.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto before = info("Secret-0.dcm/sc.dcm").scan.identity;
  fs::remove(folder_ / "out/Secret-0.dcm/sc.dcm");
  ASSERT_EQ(highlight({"ct", "--dicom", "sc"}).code, 0);
  EXPECT_EQ(info("Secret-0.dcm/sc.dcm").scan.identity.series_uid, before.series_uid);
}

TEST_F(HighlightDicom, DeidentifiedResultsTellNothing) {
  write_slices(3, "ct/Secret^Folder");
  folder_.write("ct/Secret-broken.dcm", "no DICOM");
  write_scan("ct/Secret-cine.dcm", {.sop_uid = "1.2.5", .series_uid = "1.2.55", .frames = 2});
  const auto outcome = highlight({"ct", "--dicom", kAll, "--deidentify"});
  EXPECT_EQ(outcome.code, 1);
  std::string text = outcome.out + outcome.err;
  for (const auto& file : files_below("out"))
    text += file.string().substr(folder_.path().string().size()) + read_text(file);
  for (const char* secret : {"Secret", "Patient", "ID-4711", "19470308", "1.2.3.", "1.2.55", folder_.path().c_str()}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  }
  const auto found = records();
  ASSERT_THAT(found, SizeIs(6));
  std::set<std::string> studies;
  for (const auto& record : found) {
    EXPECT_THAT(record["input"].get<std::string>(), SizeIs(16));
    if (record["status"] == "ok") studies.insert(record["source"]["study_uid"]);
    for (const auto& [name, path] : record["files"].items())
      EXPECT_TRUE(exists("out/" + path.get<std::string>())) << name;
  }
  ASSERT_THAT(studies, SizeIs(1));
  for (const auto& file : files_below("out")) {
    if (file.filename() == "sr.dcm") {
      EXPECT_EQ(describe_scan(file).scan.identity.study_uid, *studies.begin());
    }
    if (file.filename() == "findings.json") {
      EXPECT_THAT(json::parse(read_text(file))["input"].get<std::string>(), SizeIs(16));
    }
  }
  EXPECT_THAT(highlight({"ct", "--dicom", kAll, "--deidentify"}).err, HasSubstr("done 0, skipped 6"));
  EXPECT_EQ(highlight({"ct", "--dicom", kAll}).code, 2);  // would mix names and hashes
}

}  // namespace
}  // namespace fovea
