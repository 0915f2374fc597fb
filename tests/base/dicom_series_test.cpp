/// Series of slices that the test makes, and the two of the corpus where it is there.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "base/io_support.hpp"
#include "dicom_maker.hpp"
#include "fovea/series.hpp"
#include "shared_data.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::DicomMaker;
using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

/// What a slice's file says; an empty text is left out.
struct SliceMaker {
  std::string sop_uid{}, series_uid = "1.2.9", acquisition{}, instance{}, position{}, orientation = "1\\0\\0\\0\\1\\0";
  std::string frame_of_reference = "1.2.8";
  unsigned rows = 2;

  DicomMaker data_set() const {
    DicomMaker maker;
    const auto text = [&](std::uint32_t tag, const char* vr, const std::string& value) {
      if (!value.empty()) maker.text(tag, vr, value);
    };
    text(0x00080018, "UI", sop_uid);
    maker.text(0x00080060, "CS", "CT");
    text(0x0020000E, "UI", series_uid);
    text(0x00200012, "IS", acquisition);
    text(0x00200013, "IS", instance);
    text(0x00200032, "DS", position);
    text(0x00200037, "DS", orientation);
    text(0x00200052, "UI", frame_of_reference);
    maker.number(0x00280002, 1).text(0x00280004, "CS", "MONOCHROME2").number(0x00280010, rows).number(0x00280011, 2);
    maker.number(0x00280100, 8);
    return maker.bytes(0x7FE00010, "OB", std::string(std::size_t{2} * rows, '\7'));
  }
};

class DicomSeries : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& bytes) { files_.push_back(folder_.write(name, bytes)); }
  void write(const std::string& name, const SliceMaker& slice) { write(name, text_of(slice.data_set())); }
  static std::string text_of(const DicomMaker& maker) {
    const auto bytes = maker.file("1.2.840.10008.1.2.1");
    return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
  }
  SeriesList group() const { return group_series(files_); }
  static std::vector<std::string> names(const Series& series) {
    std::vector<std::string> result;
    for (const auto& slice : series.slices) result.push_back(slice.path.filename().string());
    return result;
  }

  tests::TempFolder folder_;
  std::vector<fs::path> files_;
};

TEST_F(DicomSeries, WhatCannotBeReadIsLeftOutAndSaid) {
  write("good", SliceMaker{});
  write("empty", "");
  write("text", "no scan at all, but longer than a few bytes");
  write("cut", text_of(SliceMaker{}.data_set()).substr(0, 200));
  write("short", text_of(SliceMaker{.rows = 900}.data_set()).substr(0, 400));
  write("report", text_of(DicomMaker().text(0x00080060, "CS", "SR")));
  files_.push_back(folder_ / "missing");
  files_.push_back(folder_.path());
  const auto list = group();
  ASSERT_EQ(list.series.size(), 1U);
  EXPECT_THAT(names(list.series[0]), ElementsAre("good"));
  EXPECT_THAT(list.notices,
              ElementsAre(AllOf(HasSubstr("empty"), HasSubstr("no DICOM file")), HasSubstr("no DICOM file"),
                          AllOf(HasSubstr("cut"), HasSubstr("damaged")),
                          AllOf(HasSubstr("short"), HasSubstr("1800 bytes")), HasSubstr("no pixel data"),
                          AllOf(HasSubstr("missing"), HasSubstr("no such file")), HasSubstr("not a regular file")));
}

TEST_F(DicomSeries, PixelsAreNotRead) {
  write("large", SliceMaker{.rows = 60'000});
  fs::resize_file(folder_ / "large", std::uintmax_t{1} << 40);  // a terabyte, which takes no room
  write("attributes", text_of(DicomMaker()
                                  .bytes(0x00091010, "UN", std::string(300'000, 'x'))
                                  .append(SliceMaker{.series_uid = "1.3"}.data_set())));
  const auto list = group();
  EXPECT_THAT(list.notices, IsEmpty());
  ASSERT_EQ(list.series.size(), 2U);
  EXPECT_EQ(list.series[0].slices[0].scan.identity.rows, 60'000);
}

TEST_F(DicomSeries, OrderIsThatOfPositionsAlongTheNormal) {
  // Coronal: rows to the left, columns to the feet, so that the normal is to the back.
  const char* orientation = "1\\0\\0\\0\\0\\-1";
  write("a", SliceMaker{.sop_uid = "1.1", .instance = "1", .position = "0\\5\\0", .orientation = orientation});
  write("b", SliceMaker{.sop_uid = "1.2", .instance = "2", .position = "0\\-5\\0", .orientation = orientation});
  write("c", SliceMaker{.sop_uid = "1.3", .instance = "3", .position = "0\\0\\0", .orientation = orientation});
  const auto list = group();
  ASSERT_EQ(list.series.size(), 1U);
  EXPECT_THAT(names(list.series[0]), ElementsAre("b", "c", "a"));
  EXPECT_EQ(list.series[0].slices[0].location, -5);
  EXPECT_THAT(list.series[0].slice_spacing, Optional(DoubleNear(5, 1e-9)));
  EXPECT_THAT(list.series[0].notices, IsEmpty());
  EXPECT_EQ(list.series[0].slices[2].scan.identity.sop_uid, "1.1");
}

TEST_F(DicomSeries, WithoutPositionsInstanceNumbersDecideThenAcquisitionsThenPaths) {
  write("a", SliceMaker{});
  write("b", SliceMaker{.instance = "10"});
  write("c", SliceMaker{.acquisition = "2", .instance = "9"});
  write("d", SliceMaker{.acquisition = "1", .instance = "9"});
  write("e", SliceMaker{.acquisition = "1", .instance = "9", .position = "0\\0\\0"});
  const auto list = group();
  ASSERT_EQ(list.series.size(), 1U);
  EXPECT_THAT(names(list.series[0]), ElementsAre("d", "e", "c", "b", "a"));
  EXPECT_FALSE(list.series[0].slice_spacing);
  EXPECT_FALSE(list.series[0].slices[1].location);
  EXPECT_THAT(list.series[0].notices, ElementsAre(HasSubstr("not all slices have a position")));
}

TEST_F(DicomSeries, LocalizersAndOtherSeriesDoNotMix) {
  write("axial1", SliceMaker{.position = "0\\0\\0"});
  write("localizer", SliceMaker{.position = "0\\0\\0", .orientation = "0\\1\\0\\0\\0\\-1"});
  write("axial2", SliceMaker{.position = "0\\0\\1"});
  write("larger", SliceMaker{.position = "0\\0\\2", .rows = 3});
  write("moved", SliceMaker{.position = "0\\0\\2", .frame_of_reference = "1.2.7"});
  write("other", SliceMaker{.series_uid = "1.2.10", .position = "0\\0\\2"});
  write("none1", SliceMaker{.series_uid = "", .position = "0\\0\\2"});
  write("none2", SliceMaker{.series_uid = "", .position = "0\\0\\2"});
  const auto list = group();
  ASSERT_EQ(list.series.size(), 7U);
  EXPECT_THAT(names(list.series[0]), ElementsAre("axial1", "axial2"));
  for (std::size_t i = 1; i < 7; ++i) EXPECT_EQ(list.series[i].slices.size(), 1U);
}

TEST_F(DicomSeries, DuplicatesAreReported) {
  write("a", SliceMaker{.sop_uid = "1.1", .instance = "1", .position = "0\\0\\0"});
  write("copy", SliceMaker{.sop_uid = "1.1", .instance = "1", .position = "0\\0\\0"});
  write("b", SliceMaker{.sop_uid = "1.2", .instance = "2", .position = "0\\0\\3"});
  write("again", SliceMaker{.sop_uid = "1.3", .instance = "3", .position = "0\\0\\0.0001"});
  const auto list = group();
  EXPECT_THAT(list.notices,
              ElementsAre(AllOf(HasSubstr("copy has the SOP instance UID of"), HasSubstr("/a; it is left out"))));
  ASSERT_EQ(list.series.size(), 1U);
  EXPECT_THAT(names(list.series[0]), ElementsAre("a", "again", "b"));
  EXPECT_THAT(list.series[0].notices, ElementsAre(AllOf(HasSubstr("1 of 3 slices"), HasSubstr("again"))));
  EXPECT_FALSE(list.series[0].slice_spacing);
}

TEST_F(DicomSeries, GapsAndTiltedGantriesAreReported) {
  for (const int z : {0, 2, 4, 8, 10})
    write("s" + std::to_string(z), SliceMaker{.position = "0\\0\\" + std::to_string(z)});
  auto list = group();
  ASSERT_EQ(list.series.size(), 1U);
  EXPECT_FALSE(list.series[0].slice_spacing);
  EXPECT_THAT(list.series[0].notices,
              ElementsAre(AllOf(HasSubstr("2.00 mm apart"), HasSubstr("4.00 mm between"), HasSubstr("s4"))));

  files_.clear();
  for (const int z : {0, 2, 4}) {
    write("t" + std::to_string(z), SliceMaker{.position = "0\\" + std::to_string(z) + "\\" + std::to_string(z)});
  }
  list = group();
  EXPECT_THAT(list.series[0].notices, ElementsAre(AllOf(HasSubstr("4.00 mm"), HasSubstr("gantry"))));
  EXPECT_FALSE(list.series[0].slice_spacing);
}

TEST_F(DicomSeries, RealSeries) {
  const auto folder = tests::shared_dir() / "data" / "dicom" / "series";
  if (!fs::exists(folder)) GTEST_SKIP() << "no shared data; the other tests of DicomSeries are the smaller ones";
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files_.push_back(entry.path());
  }
  std::sort(files_.begin(), files_.end());
  const auto list = group();
  EXPECT_THAT(list.notices, IsEmpty());
  ASSERT_EQ(list.series.size(), 2U);
  const auto& ct = list.series[0];
  EXPECT_THAT(names(ct), ElementsAre("s000.dcm", "s004.dcm", "s001.dcm", "s002.dcm", "s003.dcm"));
  EXPECT_THAT(ct.notices,
              ElementsAre(AllOf(HasSubstr("4.00 mm apart"), HasSubstr("1.08 mm between"), HasSubstr("s003")),
                          HasSubstr("gantry was tilted")));
  const auto& mr = list.series[1];
  ASSERT_EQ(mr.slices.size(), 24U);
  EXPECT_THAT(mr.notices, ElementsAre(HasSubstr("9 of 24 slices")));
  EXPECT_EQ(mr.slices[0].scan.identity.instance_number, 1);
  EXPECT_EQ(mr.slices[1].scan.identity.instance_number, 16);
  EXPECT_EQ(mr.slices[23].scan.identity.instance_number, 15);
  EXPECT_THAT(mr.slices[23].location, Optional(DoubleNear(52.3125, 1e-6)));

  files_ = {folder.parent_path() / "files" / "dcmqi__mf.dcm"};
  const auto enhanced = group();
  ASSERT_EQ(enhanced.series.size(), 1U);
  ASSERT_EQ(enhanced.series[0].slices.size(), 3U);
  EXPECT_EQ(enhanced.series[0].slices[2].frame, 3);
  EXPECT_THAT(enhanced.series[0].slice_spacing, Optional(DoubleNear(2.5, 1e-6)));
}

TEST_F(DicomSeries, NoFileOfTheCorpusEndsTheSearch) {
  const auto folder = tests::shared_dir() / "data" / "dicom";
  if (!fs::exists(folder)) GTEST_SKIP() << "no shared data; WhatCannotBeReadIsLeftOutAndSaid is the smaller test";
  std::size_t frames = 0;
  for (const char* part : {"files", "hostile", "derived"}) {
    for (const auto& entry : fs::directory_iterator(folder / part)) files_.push_back(entry.path());
  }
  std::sort(files_.begin(), files_.end());
  const auto list = group();
  for (const auto& series : list.series) frames += series.slices.size();
  EXPECT_GT(list.series.size(), 90U);
  EXPECT_GT(frames, 300U);
  EXPECT_GT(list.notices.size(), 60U);
}

/// A directory record.
DicomMaker record(const std::string& type, const std::string& file_id) {
  DicomMaker maker;
  maker.number(0x00041410, 0xFFFF).text(0x00041430, "CS", type);
  if (!file_id.empty()) maker.text(0x00041500, "CS", file_id);
  return maker;
}

class DicomFileSet : public DicomSeries {
 protected:
  FileSet read(const std::vector<DicomMaker>& records) {
    write("disc/DICOMDIR", text_of(DicomMaker().sequence(0x00041220, records)));
    return read_dicomdir(folder_ / "disc/DICOMDIR");
  }
};

TEST_F(DicomFileSet, NothingOutsideOfItsFolderIsTaken) {
  folder_.write("secret", "x");
  folder_.write("disc/IN", "x");
  fs::create_symlink("../secret", folder_ / "disc/LINK");
  const auto set = read({record("IMAGE", "..\\secret"), record("IMAGE", "/etc/passwd"), record("IMAGE", "A\\\\B"),
                         record("IMAGE", "A/../../secret"), record("IMAGE", "LINK"), record("IMAGE", ".\\IN"),
                         record("IMAGE", "GONE\\IMAGE1"), record("IMAGE", "IN")});
  EXPECT_THAT(set.files, ElementsAre(folder_ / "disc/IN"));
  ASSERT_EQ(set.notices.size(), 7U);
  EXPECT_THAT(set.notices[0], AllOf(HasSubstr("..\\secret"), HasSubstr("outside of its folder")));
  EXPECT_THAT(set.notices[4], AllOf(HasSubstr("LINK"), HasSubstr("leads out of the folder")));
  EXPECT_THAT(set.notices[6], AllOf(HasSubstr("GONE/IMAGE1"), HasSubstr("is not there")));
}

TEST_F(DicomFileSet, WhatIsNoDirectoryIsAnError) {
  write("disc/DICOMDIR", SliceMaker{});
  EXPECT_EQ(test::error_of([&] { read_dicomdir(folder_ / "disc/DICOMDIR"); }), ErrorCode::unsupported);
  write("disc/DICOMDIR", "text");
  EXPECT_EQ(test::error_of([&] { read_dicomdir(folder_ / "disc/DICOMDIR"); }), ErrorCode::unsupported);
  EXPECT_EQ(test::error_of([&] { read_dicomdir(folder_ / "DICOMDIR"); }), ErrorCode::io);
}

TEST_F(DicomFileSet, ImagesComeInTheOrderOfTheirRecordsAndOnce) {
  for (const char* name : {"disc/S1/B", "disc/S1/A", "disc/s2/c", "disc/SR"}) folder_.write(name, "x");
  auto unused = DicomMaker().number(0x00041410, 0).text(0x00041430, "CS", "IMAGE").text(0x00041500, "CS", "S1\\X");
  const auto set = read({record("PATIENT", ""), record("IMAGE", "S1\\B"), record("IMAGE", "S1\\A"), unused,
                         record("SR DOCUMENT", "SR"), record("IMAGE", "S2\\C"), record("IMAGE", "S1\\B")});
  EXPECT_THAT(set.files, ElementsAre(folder_ / "disc/S1/B", folder_ / "disc/S1/A", folder_ / "disc/s2/c"));
  EXPECT_THAT(set.notices, ElementsAre(HasSubstr("1 of its records are not of images")));
}

TEST_F(DicomFileSet, NamesAndMarks) {
  EXPECT_TRUE(is_dicomdir("a/dicomdir"));
  EXPECT_FALSE(is_dicomdir("DICOMDIR.txt"));
  write("scan", SliceMaker{});
  write("text", "x");
  EXPECT_TRUE(is_dicom_file(folder_ / "scan"));
  EXPECT_FALSE(is_dicom_file(folder_ / "text"));
  EXPECT_FALSE(is_dicom_file(folder_ / "missing"));
  EXPECT_FALSE(is_dicom_file(folder_.path()));
}

TEST_F(DicomFileSet, RealDirectories) {
  const auto folder = tests::shared_dir() / "data" / "dicom" / "files";
  if (!fs::exists(folder)) GTEST_SKIP() << "no shared data; the other tests of DicomFileSet are the smaller ones";
  // Directories without the files that they name, of 4 and 31 images by pydicom.
  for (const auto& [name, images] :
       {std::pair("dwv__bbmri.dcmdir.dcm", 4U), std::pair("pydicom__DICOMDIR-bigEnd.dcm", 31U)}) {
    const auto set = read_dicomdir(folder / name);
    EXPECT_THAT(set.files, IsEmpty());
    EXPECT_EQ(set.notices.size(), images) << name;
  }
}

}  // namespace
}  // namespace fovea
