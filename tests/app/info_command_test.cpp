/// `fovea info` on DICOM files, folders of them and file-sets.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/process.hpp"
#include "app/temp_folder.hpp"
#include "dicom_maker.hpp"

namespace fovea {
namespace {

using nlohmann::json;
using test::DicomMaker;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::Outcome;

class InfoCommand : public ::testing::Test {
 protected:
  void write(const std::string& name, const Bytes& file) {
    folder_.write(name, {reinterpret_cast<const char*>(file->data()), file->size()});
  }
  Outcome info(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "info");
    return tests::run_fovea(arguments, folder_.path());
  }
  json info_json(const std::string& subject) { return json::parse(info({subject, "--json"}).out); }

  tests::TempFolder folder_;
};

/// A scan with what must not be told: in its own attributes, in a sequence and behind the pixels' attributes.
DicomMaker scan() {
  DicomMaker maker;
  maker.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4").text(0x00080018, "UI", "1.2.3");
  maker.text(0x00080020, "DA", "19991231").text(0x00080060, "CS", "MR").text(0x00080080, "LO", "Clinic^Secret");
  maker.text(0x00080090, "PN", "Referring^Secret").text(0x00081030, "LO", "Study of Secret");
  maker.text(0x00100010, "PN", "Secret^Patient").text(0x00100020, "LO", "ID-4711");
  maker.text(0x00100030, "DA", "19470308").text(0x00100040, "CS", "O");
  maker.sequence(0x00101002, DicomMaker().text(0x00100020, "LO", "ID-4712"));
  maker.text(0x00180015, "CS", "KNEE").text(0x00180050, "DS", "3");
  maker.text(0x0020000D, "UI", "1.2.1").text(0x0020000E, "UI", "1.2.2").text(0x00200013, "IS", "12");
  maker.text(0x00200032, "DS", "-10\\20\\30").text(0x00200037, "DS", "0\\1\\0\\0\\0\\-1").text(0x00200060, "CS", "R");
  maker.text(0x00204000, "LT", "Secret comment");
  return maker;
}

TEST_F(InfoCommand, SaysWhatMattersAndNothingOfThePatient) {
  auto maker = scan();
  maker.grey(4, 6, 16, 12, true, "MONOCHROME2", 3).text(0x00280030, "DS", "0.5\\0.25");
  maker.text(0x00280301, "CS", "YES").text(0x00281050, "DS", "40\\400").text(0x00281051, "DS", "80\\2000");
  maker.text(0x00281055, "LO", "Secret window").text(0x00282110, "CS", "01").text(0x00282112, "DS", "8.5");
  maker.text(0x00282114, "CS", "ISO_10918_1");
  maker.fragments({"no JPEG ", "no JPEG ", "no JPEG "}).text(0x00880000 | 0x0200, "LO", "Secret");
  write("scan.dcm", maker.file("1.2.840.10008.1.2.4.57"));
  const Outcome text = info({"scan.dcm"});
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, AllOf(HasSubstr("format: dicom\n"), HasSubstr("transfer_syntax: JPEG Lossless\n"),
                              HasSubstr("transfer_syntax_uid: 1.2.840.10008.1.2.4.57\n"),
                              HasSubstr("sop_class: MRImageStorage\n"), HasSubstr("modality: MR\n"),
                              HasSubstr("\nframes: 3\n"), HasSubstr("spacing_mm: 0.5 0.25\n"),
                              HasSubstr("spacing_attribute: PixelSpacing\n"), HasSubstr("laterality: R\n"),
                              HasSubstr("body_part: KNEE\n"), HasSubstr("centre 40.0, width 80.0, function LINEAR\n"),
                              HasSubstr("burned_in_annotation: true\n"), HasSubstr("lossy_methods:\n  ISO_10918_1\n")));
  const Outcome outcome = info({"scan.dcm", "--json"});
  for (const auto& out : {text.out, text.err, outcome.out, outcome.err}) {
    for (const char* secret : {"Secret", "ecret", "4711", "4712", "19470308", "1947", "1999"}) {
      EXPECT_THAT(out, Not(HasSubstr(secret)));
    }
  }
  const auto report = json::parse(outcome.out);
  EXPECT_EQ(report["width"], 6);
  EXPECT_EQ(report["height"], 4);
  EXPECT_EQ(report["bits_stored"], 12);
  EXPECT_EQ(report["signed"], true);
  EXPECT_EQ(report["photometric"], "MONOCHROME2");
  EXPECT_EQ(report["windows"][1]["width"], 2000);
  EXPECT_EQ(report["position_mm"], json({-10, 20, 30}));
  EXPECT_EQ(report["along_column"], json({0, 0, -1}));
  EXPECT_EQ(report["slice_thickness_mm"], 3);
  EXPECT_EQ(report["lossy"], true);
  EXPECT_EQ(report["lossy_ratios"], json({8.5}));
  EXPECT_EQ(report["study_uid"], "1.2.1");
  EXPECT_EQ(report["sop_uid"], "1.2.3");
  EXPECT_TRUE(report["pixel_aspect_ratio"].is_null());
}

TEST_F(InfoCommand, FilesWithoutPreambleOrPixelsAreDescribedToo) {
  const auto bare = scan().grey(1, 2, 8, 8, false).bytes(0x7FE00010, "OB", "\1\2");
  folder_.write("bare", bare.data_set());
  const auto report = info_json("bare");
  EXPECT_EQ(report["transfer_syntax_uid"], "1.2.840.10008.1.2.1");
  EXPECT_EQ(report["width"], 2);
  write("report.dcm", DicomMaker().text(0x00080060, "CS", "SR").file("1.2.840.10008.1.2.1"));
  const auto no_image = info_json("report.dcm");
  EXPECT_EQ(no_image["modality"], "SR");
  EXPECT_FALSE(no_image.contains("width"));
}

TEST_F(InfoCommand, WhatCannotBeDescribedIsAnError) {
  folder_.write("cut.dcm", std::string(128, '\0') + "DICM\x02");
  const Outcome cut = info({"cut.dcm"});
  EXPECT_EQ(cut.code, 3);
  EXPECT_THAT(cut.err, HasSubstr("damaged or truncated DICOM file"));
  write("video.dcm", scan().file("1.2.840.10008.1.2.4.102"));
  EXPECT_THAT(info({"video.dcm"}).err, HasSubstr("1.2.840.10008.1.2.4.102"));
  const Outcome nothing = info({"scans/1.dcm"});
  EXPECT_EQ(nothing.code, 3);
  EXPECT_THAT(nothing.err, HasSubstr("there is no file or folder scans/1.dcm"));
}

TEST_F(InfoCommand, SeriesOfFoldersAndFileSets) {
  for (const char* place : {"0", "2", "4"}) {
    DicomMaker slice;
    slice.text(0x00080060, "CS", "CT").text(0x0020000E, "UI", "1.2.9");
    slice.text(0x00200032, "DS", std::string("0\\0\\") + place).text(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
    slice.grey(1, 2, 8, 8, false).bytes(0x7FE00010, "OB", "\1\2");
    write(std::string("scans/deep/") + place, slice.file("1.2.840.10008.1.2.1"));
  }
  folder_.write("scans/photo.jpg", "");
  folder_.write("scans/broken.dcm", "x");
  const auto report = info_json("scans");
  ASSERT_EQ(report["series"].size(), 1U);
  EXPECT_EQ(report["series"][0]["slices"], 3);
  EXPECT_EQ(report["series"][0]["slice_spacing_mm"], 2);
  ASSERT_EQ(report["notices"].size(), 1U);
  EXPECT_THAT(report["notices"][0].get<std::string>(), HasSubstr("broken.dcm"));
  EXPECT_THAT(info({"scans"}).out, HasSubstr("modality CT, slices 3"));
  const auto record = DicomMaker().text(0x00041430, "CS", "IMAGE").text(0x00041500, "CS", "DEEP\\2");
  write("scans/DICOMDIR", DicomMaker().sequence(0x00041220, record).file("1.2.840.10008.1.2.1"));
  EXPECT_EQ(info_json("scans/DICOMDIR")["series"][0]["slices"], 1);
}

}  // namespace
}  // namespace fovea
