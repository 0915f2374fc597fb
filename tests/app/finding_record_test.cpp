/// Findings as records, the folders that they go to, and slices as volumes.
#include "pipeline/finding_record.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "pipeline/output_layout.hpp"
#include "pipeline/series_volume.hpp"

namespace fovea::pipeline {
namespace {

using nlohmann::ordered_json;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;
using ::testing::StartsWith;
using tests::TempFolder;

FindingRecord some_record() {
  FindingRecord record;
  record.version = "0.1.0";
  record.input = "../scans/a\\x5C.dcm";
  record.frame = 2;
  record.frame_count = 3;
  record.input_sha256 = "digest";
  record.model = "tiny";
  record.model_sha256 = "model";
  record.options_sha256 = "options";
  record.study_uid = "1.2.3";
  record.spacing_source = "PixelSpacing";
  record.notices = {"a \"notice\""};
  record.folder = "deep/\xFF.dcm/frame-0002";
  record.files = {{"findings", "findings.json"}, {"mask", "mask.png"}};
  Finding& finding = record.finding.emplace();
  finding.width = 40;
  finding.height = 30;
  finding.label = "benign";
  finding.scores = {{"normal", 0.25}, {"benign", 0.75}};
  finding.anomaly_score = 0.75;
  finding.threshold = 0.4;
  finding.regions.push_back({.label = "benign",
                             .score = 0.875,
                             .box = {1, 2, 3, 4},
                             .contours = {{{1, 2}, {3, 2}, {3, 5}}, {{2, 3}}},
                             .area_px = 7,
                             .centroid_px = {2.5, 3.25},
                             .area_mm2 = 1.75,
                             .centroid_mm = {{-10, 20, 30.5}}});
  finding.regions.push_back({.label = "benign", .area_px = 1});
  finding.caption.emplace().hypotheses.emplace_back().text = "A benign mass.";
  finding.distance = 1.5;
  finding.unfamiliar = true;
  return record;
}

TEST(FindingRecord, BrokenLinesAreCorrupt) {
  const std::string good = to_json_line(some_record());
  ASSERT_NO_THROW(parse_finding_record(good));
  ordered_json json = ordered_json::parse(good);
  const auto whole = ordered_json::parse(good);
  for (const auto& [field, value] : whole.items()) {
    if (field == "model" || field == "anomaly_threshold" || field == "explained") continue;
    ordered_json broken = json;
    broken[field] = ordered_json::array({ordered_json::object()});
    try {
      parse_finding_record(broken.dump());
      // What only people read may be anything.
      EXPECT_THAT(field, AnyOf("files", "regions")) << field;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::corrupt) << field;
    }
    broken = json;
    broken.erase(field);
    EXPECT_THROW(parse_finding_record(broken.dump()), Error) << field;
  }
  for (const std::string text : {"", "null", "{}", "[1]", "{\"version\":"}) {
    EXPECT_THROW(parse_finding_record(text), Error) << text;
  }
}

TEST(FindingRecord, SurvivesItsLine) {
  FindingRecord failed = some_record();
  failed.finding.reset();
  failed.error = RecordError{"corrupt", "bad\tbyte"};
  for (const FindingRecord& record : {some_record(), failed}) {
    const std::string line = to_json_line(record);
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_EQ(to_json_line(parse_finding_record(line)), line);
    EXPECT_EQ(parse_finding_record(line).folder, record.folder);
  }
}

TEST(FindingRecord, PathsLeadFromWhereTheyStand) {
  const auto line = ordered_json::parse(to_json_line(some_record()));
  EXPECT_EQ(line["input"], "../scans/a\\x5C.dcm");
  EXPECT_EQ(line["files"]["mask"], "deep/\\xFF.dcm/frame-0002/mask.png");
  const auto file = ordered_json::parse(to_json_file(some_record()));
  EXPECT_EQ(file["input"], "../../../../scans/a\\x5C.dcm");
  EXPECT_EQ(file["files"]["mask"], "mask.png");
}

TEST(FindingRecord, SaysWhatAMapExplains) {
  FindingRecord record = some_record();
  record.finding->explained = "Edema";
  const std::string line = to_json_line(record);
  EXPECT_EQ(ordered_json::parse(line)["explained"], "Edema");
  EXPECT_EQ(parse_finding_record(line).finding->explained, "Edema");
  // As it was written before there were explanations.
  auto older = ordered_json::parse(line);
  older.erase("explained");
  EXPECT_FALSE(parse_finding_record(older.dump()).finding->explained);
}

TEST(FindingRecord, UnknownIsNull) {
  FindingRecord record = some_record();
  record.finding->anomaly_score.reset();
  record.finding->caption.reset();
  record.finding->distance.reset();
  record.series_uid = "";
  record.spacing_source = "";
  const auto json = ordered_json::parse(to_json_line(record));
  EXPECT_TRUE(json["anomaly_score"].is_null());
  EXPECT_TRUE(json["caption"].is_null());
  EXPECT_TRUE(json["explained"].is_null());
  EXPECT_TRUE(json["distance"].is_null());
  EXPECT_TRUE(json["unfamiliar"].is_null());
  EXPECT_TRUE(json["source"]["series_uid"].is_null());
  EXPECT_TRUE(json["spacing_source"].is_null());
  EXPECT_TRUE(json["regions"][1]["area_mm2"].is_null());
  EXPECT_TRUE(json["regions"][1]["centroid_mm"].is_null());
}

class LayoutTest : public ::testing::Test {
 protected:
  InputList find(const std::vector<std::filesystem::path>& inputs) const {
    return find_inputs(inputs, {}, folder_ / "out");
  }
  OutputLayout lay_out(const InputList& inputs, const EarlierFolders& earlier = {}) const {
    return OutputLayout(folder_ / "out", inputs, earlier, {"findings.jsonl"});
  }
  TempFolder folder_;
};

TEST_F(LayoutTest, FoldersNeverLieInEachOther) {
  folder_.write("a/x.png", "");        // a file
  folder_.write("b/x.png/y.png", "");  // and a folder of that name
  folder_.write("c/x.png/y.png", "");
  folder_.write("findings.jsonl", "");
  const auto inputs = find({folder_ / "a", folder_ / "b", folder_ / "c", folder_ / "findings.jsonl"});
  const auto layout = lay_out(inputs);
  EXPECT_EQ(layout.input_folder(0), "x.png");
  EXPECT_THAT(layout.input_folder(1), StartsWith("x.png/y.png-"));
  EXPECT_THAT(layout.input_folder(2), StartsWith("x.png/y.png-"));
  EXPECT_NE(layout.input_folder(1), layout.input_folder(2));
  EXPECT_THAT(layout.input_folder(3), StartsWith("findings.jsonl-"));
}

TEST_F(LayoutTest, FilesOfOthersAreNotInTheWay) {
  folder_.write("a/x.png", "");
  folder_.write("out/x.png", "somebody's");
  EXPECT_THAT(lay_out(find({folder_ / "a"})).input_folder(0), StartsWith("x.png-"));
}

TEST_F(LayoutTest, WhatAnInputHadItKeeps) {
  folder_.write("a/x.png", "");
  folder_.write("b/x.png", "");
  const auto inputs = find({folder_ / "a", folder_ / "b"});
  const auto layout = lay_out(inputs, {{"../b/x.png", "x.png"}, {"../gone/z.png", "z.png"}});
  EXPECT_THAT(layout.input_folder(0), StartsWith("x.png-"));
  EXPECT_EQ(layout.input_folder(1), "x.png");
  EXPECT_EQ(layout.item_folder(1, 1, 1), "x.png");
  EXPECT_EQ(layout.item_folder(1, 7, 12345), "x.png/frame-0007");
}

TEST_F(LayoutTest, SeriesGetTheNextFreeName) {
  folder_.write("a/ct/1.png", "");
  folder_.write("a/series/1.png", "");
  auto layout = lay_out(find({folder_ / "a"}));
  EXPECT_EQ(layout.claim_beside("ct", "series"), "ct/series");
  EXPECT_EQ(layout.claim_beside("ct", "series"), "ct/series-2");
  EXPECT_EQ(layout.claim_beside("", "series"), "series-2");
}

/// Slices at these places along z, mm.
Series slices_at(const std::vector<double>& places, double shift = 0) {
  Series series;
  for (const double z : places) {
    Slice slice;
    slice.location = z;
    slice.scan.geometry.position = Vector3{0, shift * z, z};
    slice.scan.geometry.orientation = ScanOrientation{.along_row = {1, 0, 0}, .along_column = {0, 1, 0}};
    slice.scan.geometry.spacing = PixelSpacing{.between_rows = 2, .between_columns = 3};
    series.slices.push_back(slice);
  }
  return series;
}

TEST(SeriesVolume, UnevenSlicesHaveNoPlace) {
  for (const auto& places : std::vector<std::vector<double>>{{0, 1, 1.4, 3}, {5, 5, 5}, {0, 1, 2, 100}}) {
    const auto volume = stack_slices(slices_at(places));
    EXPECT_FALSE(volume.affine);
    EXPECT_THAT(volume.planes, SizeIs(places.size()));
    EXPECT_THAT(volume.notices, Not(IsEmpty()));
  }
  auto bent = slices_at({0, 1, 2});
  (*bent.slices[1].scan.geometry.position)[0] = 4;
  EXPECT_FALSE(stack_slices(bent).affine);
  auto unplaced = slices_at({0, 1, 2});
  unplaced.slices[2].scan.geometry.spacing.reset();
  EXPECT_FALSE(stack_slices(unplaced).affine);
}

TEST(SeriesVolume, EvenSlicesHaveTheirGeometry) {
  const auto volume = stack_slices(slices_at({-2, 0.5, 3, 5.5}));
  ASSERT_TRUE(volume.affine);
  EXPECT_THAT(volume.affine->origin, ElementsAre(0, 0, -2));
  EXPECT_THAT(volume.affine->column_step, ElementsAre(3, 0, 0));
  EXPECT_THAT(volume.affine->row_step, ElementsAre(0, 2, 0));
  EXPECT_THAT(volume.affine->slice_step, ElementsAre(0, 0, 2.5));
  EXPECT_THAT(volume.planes, ElementsAre(Optional(0U), Optional(1U), Optional(2U), Optional(3U)));
  EXPECT_THAT(volume.notices, IsEmpty());
}

TEST(SeriesVolume, GapsAndRepeatsAreSaid) {
  const auto volume = stack_slices(slices_at({0, 1, 1, 2, 4}));
  ASSERT_TRUE(volume.affine);
  EXPECT_THAT(volume.planes, ElementsAre(Optional(0U), Optional(1U), Optional(3U), std::nullopt, Optional(4U)));
  EXPECT_THAT(volume.notices, ElementsAre(HasSubstr("1 of 5 planes"), HasSubstr("1 slices lie at the position")));
}

TEST(SeriesVolume, ATiltedGantryShiftsThePlanes) {
  const auto volume = stack_slices(slices_at({0, 1, 2}, 0.25));
  ASSERT_TRUE(volume.affine);
  EXPECT_THAT(volume.affine->slice_step, ElementsAre(0, 0.25, 1));
}

}  // namespace
}  // namespace fovea::pipeline
