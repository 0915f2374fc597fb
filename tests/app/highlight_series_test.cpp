/// `fovea highlight` on series: order, volume, montage, and what happens to them when runs end early.
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/highlight_fixture.hpp"
#include "fovea/loader.hpp"
#include "io/npy.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using tests::read_text;
using tests::ScanMaker;

/// What a .nii.gz file holds.
struct Nifti {
  std::vector<std::int16_t> dim;  ///< columns, rows, slices
  std::vector<float> steps;       ///< the srow matrix, 3 x 4
  std::vector<float> values;
};

Nifti read_nifti(const fs::path& path) {
  std::string text;
  const gzFile file = gzopen(path.c_str(), "rb");
  std::vector<char> part(1 << 16);
  for (int n = gzread(file, part.data(), 1 << 16); n > 0; n = gzread(file, part.data(), 1 << 16)) {
    text.append(part.data(), static_cast<std::size_t>(n));
  }
  gzclose(file);
  Nifti nifti{.dim = std::vector<std::int16_t>(3), .steps = std::vector<float>(12), .values = {}};
  if (text.size() < 352) return nifti;
  std::memcpy(nifti.dim.data(), text.data() + 42, 6);
  std::memcpy(nifti.steps.data(), text.data() + 280, 48);
  nifti.values.resize((text.size() - 352) / 4);
  std::memcpy(nifti.values.data(), text.data() + 352, nifti.values.size() * 4);
  return nifti;
}

class HighlightSeries : public tests::HighlightFixture {
 protected:
  /// A slice at `z` mm, under a name that says nothing of its place.
  void write_slice(const std::string& name, double z, const std::string& series = "1.2.9") {
    write_scan("ct/" + name, {.seed = static_cast<std::uint32_t>(z * 10 + 100),
                              .sop_uid = "1.2.3." + std::to_string(static_cast<int>(z * 10) + 1000) + "." +
                                         std::to_string(int{name.front()}),
                              .series_uid = series,
                              .position = "0\\0\\" + std::to_string(z),
                              .spacing = "0.5\\0.25"});
  }
  std::vector<float> map_of(const std::string& name) const {
    return io::read_npy(folder_ / "out" / name / "heat_map.npy").values;
  }
  json series(const std::string& folder = "series") const { return json_of("out/" + folder + "/series.json"); }
};

TEST_F(HighlightSeries, SlicesAreTakenInTheOrderOfTheirPositions) {
  write_slice("a.dcm", 7.5);
  write_slice("b.dcm", 0);
  write_slice("c.dcm", 5);
  write_slice("d.dcm", 2.5);
  write_photo("ct/between.png", 1);
  ASSERT_EQ(highlight({"ct"}).code, 0);
  EXPECT_THAT(inputs(), ElementsAre("../ct/b.dcm", "../ct/d.dcm", "../ct/c.dcm", "../ct/a.dcm", "../ct/between.png"));
  const auto volume = read_nifti(folder_ / "out/series/heat_map.nii.gz");
  EXPECT_THAT(volume.dim, ElementsAre(32, 24, 4));
  std::vector<float> expected;
  for (const char* name : {"b.dcm", "d.dcm", "c.dcm", "a.dcm"}) {
    const auto map = map_of(name);
    expected.insert(expected.end(), map.begin(), map.end());
  }
  EXPECT_EQ(volume.values, expected);
  // RAS: x and y are turned round.
  EXPECT_THAT(volume.steps, ElementsAre(-0.25F, 0, 0, 0, 0, -0.5F, 0, 0, 0, 0, 2.5F, 0));
  EXPECT_GT(load_image(folder_ / "out/series/montage.png").width, 100);
  EXPECT_THAT(series()["notices"], IsEmpty());
  EXPECT_EQ(series()["slices"][3]["input"], "../ct/a.dcm");
}

TEST_F(HighlightSeries, TheMontageShowsTheThresholdOfTheModel) {
  for (int i = 0; i < 2; ++i) write_slice(std::string(1, static_cast<char>('a' + i)) + ".dcm", i);
  auto config = json_of("model/config.json");
  config["calibration"]["threshold"] = 0.25;
  folder_.write("model/config.json", config.dump());
  ASSERT_EQ(highlight({"ct"}).code, 0);
  EXPECT_EQ(json_of("out/a.dcm/findings.json")["threshold"], 0.25);
  ASSERT_EQ(
      tests::run_fovea({"highlight", "ct", "-o", "named", "--model", "model", "--threshold", "0.25"}, folder_.path())
          .code,
      0);
  EXPECT_EQ(read_text(folder_ / "out/series/montage.png"), read_text(folder_ / "named/series/montage.png"));
}

TEST_F(HighlightSeries, GapsStayEmptyAndRepeatedPositionsCountOnce) {
  write_slice("a.dcm", 0);
  write_slice("b.dcm", 2);
  write_slice("c.dcm", 2);  // another image at the same place
  write_slice("d.dcm", 4);
  write_slice("e.dcm", 8);
  const auto outcome = highlight({"ct"});
  ASSERT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("slices are missing or uneven"));
  EXPECT_THAT(records(), SizeIs(5));
  const auto volume = read_nifti(folder_ / "out/series/heat_map.nii.gz");
  EXPECT_THAT(volume.dim, ElementsAre(32, 24, 5));
  const std::size_t plane = 32 * 24;
  EXPECT_TRUE(std::all_of(volume.values.begin() + 3 * plane, volume.values.begin() + 4 * plane,
                          [](float value) { return value == 0; }));
  EXPECT_EQ(std::vector<float>(volume.values.end() - plane, volume.values.end()), map_of("e.dcm"));
  EXPECT_EQ(volume.steps[10], 2.0F);
  EXPECT_THAT(series()["notices"].dump(), HasSubstr("1 of 5 planes of the volume have no slice"));
}

TEST_F(HighlightSeries, OneBadSliceDoesNotEndIt) {
  for (int i = 0; i < 6; ++i) write_slice(std::string(1, static_cast<char>('a' + i)) + ".dcm", i);
  const auto whole = read_text(folder_ / "ct/b.dcm");
  folder_.write("ct/b.dcm", whole.substr(0, whole.size() - 200));
  EXPECT_EQ(highlight({"ct"}).code, 1);
  const auto found = records();
  ASSERT_THAT(found, SizeIs(6));
  EXPECT_EQ(std::count_if(found.begin(), found.end(), [](const json& r) { return r["status"] == "ok"; }), 5);
  EXPECT_THAT(read_nifti(folder_ / "out/series/heat_map.nii.gz").dim, ElementsAre(32, 24, 6));
  // Made whole, it is taken into the volume.
  folder_.write("ct/b.dcm", whole);
  ASSERT_EQ(highlight({"ct"}).code, 0);
  const auto volume = read_nifti(folder_ / "out/series/heat_map.nii.gz");
  const std::size_t plane = 32 * 24;
  EXPECT_EQ(std::vector<float>(volume.values.begin() + plane, volume.values.begin() + 2 * plane), map_of("b.dcm"));
}

TEST_F(HighlightSeries, SeriesOfOneFolderHaveFoldersOfTheirOwn) {
  for (int i = 0; i < 2; ++i) {
    write_slice("a" + std::to_string(i) + ".dcm", i, "1.2.9.1");
    write_slice("b" + std::to_string(i) + ".dcm", i, "1.2.9.2");
  }
  write_slice("series", 9, "1.2.9.3");  // takes the name; DICOM by its mark
  ASSERT_EQ(highlight({"ct"}).code, 0);
  EXPECT_EQ(json_of("out/series/findings.json")["source"]["series_uid"], "1.2.9.3");
  EXPECT_EQ(series("series-2")["series_uid"], "1.2.9.1");
  EXPECT_EQ(series("series-3")["series_uid"], "1.2.9.2");
}

TEST_F(HighlightSeries, WithoutPositionsTheVolumeHasNoPlace) {
  write_scan("us/cine.dcm", {.frames = 3});
  ASSERT_EQ(highlight({"us"}).code, 0);
  EXPECT_EQ(series("cine.dcm/series")["located"], false);
  EXPECT_THAT(read_nifti(folder_ / "out/cine.dcm/series/heat_map.nii.gz").dim, ElementsAre(32, 24, 3));
}

TEST_F(HighlightSeries, ItIsMadeOnceAndAgainWhenASliceChanges) {
  for (int i = 0; i < 3; ++i) write_slice(std::string(1, static_cast<char>('a' + i)) + ".dcm", i);
  ASSERT_EQ(highlight({"ct"}).code, 0);
  const auto time = fs::last_write_time(folder_ / "out/series/heat_map.nii.gz");
  const auto before = read_nifti(folder_ / "out/series/heat_map.nii.gz").values;
  const auto montage = read_text(folder_ / "out/series/montage.png");
  EXPECT_THAT(highlight({"ct"}).err, HasSubstr("done 0, skipped 3"));
  EXPECT_EQ(fs::last_write_time(folder_ / "out/series/heat_map.nii.gz"), time);
  // Lost files are made again from those of the slices, without the network.
  fs::remove(folder_ / "out/series/montage.png");
  EXPECT_THAT(highlight({"ct"}).err, HasSubstr("done 0, skipped 3"));
  EXPECT_EQ(read_text(folder_ / "out/series/montage.png"), montage);
  // Another slice.
  write_slice("d.dcm", 3);
  EXPECT_THAT(highlight({"ct"}).err, HasSubstr("done 1, skipped 3"));
  const auto after = read_nifti(folder_ / "out/series/heat_map.nii.gz");
  EXPECT_THAT(after.dim, ElementsAre(32, 24, 4));
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.values.begin()));
}

TEST_F(HighlightSeries, SlicesWithoutTheirMapAreDoneAgain) {
  for (int i = 0; i < 3; ++i) write_slice(std::string(1, static_cast<char>('a' + i)) + ".dcm", i);
  ASSERT_EQ(highlight({"ct", "--outputs", "mask"}).code, 0);
  EXPECT_FALSE(exists("out/series"));
  EXPECT_THAT(highlight({"ct", "--outputs", "mask,volume"}).err, HasSubstr("done 3"));
  EXPECT_TRUE(exists("out/series/heat_map.nii.gz"));
  EXPECT_FALSE(exists("out/series/montage.png"));
  EXPECT_TRUE(records().back()["files"].contains("heat_map_npy"));
}

TEST_F(HighlightSeries, WithoutAnyFindingThereIsNothingThatLooksLikeOne) {
  auto cine = ScanMaker{.frames = 2}.head();
  cine.fragments({"no JPEG ", "no JPEG "});
  const auto file = cine.file("1.2.840.10008.1.2.4.57");
  folder_.write("us/cine.dcm", {reinterpret_cast<const char*>(file->data()), file->size()});
  EXPECT_EQ(highlight({"us"}).code, 1);
  EXPECT_THAT(records(), SizeIs(2));
  EXPECT_FALSE(exists("out/cine.dcm/series"));
}

}  // namespace
}  // namespace fovea
