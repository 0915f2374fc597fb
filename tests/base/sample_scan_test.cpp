/// The DICOM files that samples/make-scans makes of pictures.
#include "sample_scan.hpp"

#include <cstdint>
#include <set>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "base/dicom_out_support.hpp"
#include "dicom/runtime.hpp"
#include "fovea/error.hpp"
#include "fovea/loader.hpp"
#include "shell.hpp"

namespace fovea::samples {
namespace {

using dicom_out::read_object;
using dicom_out::text_at;
using testing::HasSubstr;
using testing::Not;
using tests::read_text;

class SampleScan : public testing::Test {
 protected:
  SampleScan() {
    for (int i = 0; i < picture_.width * picture_.height; ++i) {
      // Nearly grey, as pictures are that went through a lossy format.
      const auto grey = static_cast<std::uint8_t>(40 + i % 150);
      for (const int change : {-1, 1, 0}) picture_.pixels.push_back(static_cast<std::uint8_t>(grey + change));
    }
  }

  std::string message_of(const Image& picture, int patient) const {
    try {
      write_sample_scan(folder_ / "x.dcm", picture, "x", patient);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      return error.what();
    }
    return "";
  }
  std::string text_of(const char* attribute) const {
    return text_at(*read_object(folder_ / "a.dcm"), attribute).value_or("nothing");
  }

  dicom::Runtime runtime_;
  tests::TempFolder folder_;
  Image picture_{.width = 23, .height = 17, .pixels = {}, .geometry = {}};
};

TEST_F(SampleScan, WhatCannotBeWrittenIsRefused) {
  EXPECT_THAT(message_of(picture_, 0), HasSubstr("patient 0, expected 1 to 9"));
  EXPECT_THAT(message_of(picture_, 10), HasSubstr("patient 10"));
  EXPECT_THAT(message_of({}, 1), HasSubstr("0 x 0"));
  picture_.pixels.pop_back();
  EXPECT_THAT(message_of(picture_, 1), HasSubstr("23 x 17 pixels and 1172 values"));
  Image wide{.width = 65536, .height = 1, .pixels = std::vector<std::uint8_t>(std::size_t{3} * 65536), .geometry = {}};
  EXPECT_THAT(message_of(wide, 1), HasSubstr("65536 x 1"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.dcm"));
}

TEST_F(SampleScan, IsAnUltrasoundImageOfAnInventedPatient) {
  write_sample_scan(folder_ / "a.dcm", picture_, "benign_024", 3);
  EXPECT_EQ(text_of("SOPClassUID"), "1.2.840.10008.5.1.4.1.1.6.1");
  EXPECT_EQ(text_of("Modality"), "US");
  EXPECT_EQ(text_of("BodyPartExamined"), "BREAST");
  EXPECT_EQ(text_of("PatientName"), "Sample^Three");
  EXPECT_EQ(text_of("PatientID"), "FOVEA-SAMPLE-3");
  EXPECT_THAT(text_of("PatientComments"), HasSubstr("no such person"));
  EXPECT_THAT(text_of("ImageComments"), HasSubstr("CC BY 4.0"));
  EXPECT_THAT(text_of("DerivationDescription"), HasSubstr("spacing is not known"));
  EXPECT_EQ(text_of("LossyImageCompression"), "01");
  for (const char* unknown : {"PixelSpacing", "SequenceOfUltrasoundRegions[0].PhysicalDeltaX", "FrameOfReferenceUID"}) {
    EXPECT_EQ(text_of(unknown), "nothing") << unknown;
  }
}

TEST_F(SampleScan, IsShownAsThePictureIs) {
  write_sample_scan(folder_ / "a.dcm", picture_, "a", 1);
  const Image shown = load_image(folder_ / "a.dcm");
  ASSERT_EQ(shown.width, 23);
  ASSERT_EQ(shown.height, 17);
  for (std::size_t i = 0; i < shown.pixels.size(); ++i) ASSERT_EQ(shown.pixels[i], 40 + (i / 3) % 150) << i;
}

TEST_F(SampleScan, IsTheSameEveryTimeAndOneOfItsKindForEachName) {
  write_sample_scan(folder_ / "a.dcm", picture_, "a", 1);
  write_sample_scan(folder_ / "again.dcm", picture_, "a", 1);
  EXPECT_EQ(read_text(folder_ / "a.dcm"), read_text(folder_ / "again.dcm"));
  write_sample_scan(folder_ / "b.dcm", picture_, "b", 1);
  std::set<std::string> uids;
  for (const char* file : {"a.dcm", "b.dcm"}) {
    const auto object = read_object(folder_ / file);
    for (const char* uid : {"StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"}) {
      uids.insert(text_at(*object, uid).value());
    }
  }
  EXPECT_EQ(uids.size(), 6U);
  for (const auto& uid : uids) EXPECT_THAT(uid, testing::StartsWith("2.25."));
}

TEST_F(SampleScan, DciodvfyFindsNoError) {
  if (!tests::has_program("dciodvfy")) {
    GTEST_SKIP() << "no dciodvfy (dicom3tools); SampleScan.IsAnUltrasoundImageOfAnInventedPatient is the smaller test";
  }
  write_sample_scan(folder_ / "a.dcm", picture_, "a", 1);
  const auto said = tests::run_shell("dciodvfy -new " + tests::quoted(folder_ / "a.dcm")).text;
  EXPECT_THAT(said, HasSubstr("USImage"));
  EXPECT_THAT(said, Not(HasSubstr("Error")));
}

}  // namespace
}  // namespace fovea::samples
