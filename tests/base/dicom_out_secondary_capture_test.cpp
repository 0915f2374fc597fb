/// Secondary Capture, and with it what all results have in common.
#include <filesystem>
#include <memory>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "base/dicom_out_support.hpp"
#include "base/io_support.hpp"
#include "dicom/pixel_reader.hpp"
#include "dicom_maker.hpp"
#include "dicom_out/secondary_capture.hpp"
#include "fovea/version.hpp"

namespace fovea::dicom_out {
namespace {

using testing::HasSubstr;

class DicomSecondaryCapture : public testing::Test {
 protected:
  std::unique_ptr<DcmDataset> written(const FrameResult& result, const Image& picture,
                                      bool source_pixels = true) const {
    write_secondary_capture(folder_ / "sc.dcm", result, picture, source_pixels, make_run());
    return read_object(folder_ / "sc.dcm");
  }
  std::unique_ptr<DcmDataset> written(const SourceSpec& spec) const {
    return written(make_series(spec, 1).frames[0], make_picture(9, 7));
  }

  dicom::Runtime runtime_;
  tests::TempFolder folder_;
};

/// The message of the error with which a source is refused.
std::string refused(const test::DicomMaker& maker) {
  std::string message;
  EXPECT_EQ(test::error_of([&] { open_source(maker.file("1.2.840.10008.1.2.1")); }, &message), ErrorCode::corrupt);
  return message;
}

TEST_F(DicomSecondaryCapture, SourcesThatLackWhatEveryResultNamesAreRefused) {
  test::DicomMaker maker;
  maker.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2").text(0x00080018, "UI", "1.2.3.4");
  EXPECT_THAT(refused(maker), HasSubstr("test.dcm: no DICOM result can be made of this file: 'Study Instance UID' is "
                                        "missing"));
  auto odd = maker;
  odd.text(0x0020000D, "UI", "../../etc");
  EXPECT_THAT(refused(odd), HasSubstr("'Study Instance UID' is '../../etc', expected digits and dots"));
  maker.text(0x0020000D, "UI", "1.2").text(0x0020000E, "UI", "1.2.3");
  EXPECT_THAT(refused(maker), HasSubstr("'Rows' is missing"));
}

TEST_F(DicomSecondaryCapture, RefusesPicturesThatAreNone) {
  const auto result = make_series({}, 1).frames[0];
  EXPECT_EQ(test::error_of([&] { written(result, Image{}); }), ErrorCode::usage);
  auto picture = make_picture(9, 7);
  picture.pixels.pop_back();
  EXPECT_EQ(test::error_of([&] { written(result, picture); }), ErrorCode::usage);
  auto other_frame = result;
  other_frame.frame = 2;
  EXPECT_EQ(test::error_of([&] { written(other_frame, make_picture(9, 7)); }), ErrorCode::usage);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(DicomSecondaryCapture, HasThePicture) {
  const auto picture = make_picture(9, 7);  // an odd number of bytes
  written(make_series({}, 1).frames[0], picture);
  const dicom::Dataset file(read_bytes(folder_ / "sc.dcm"), "sc.dcm", 1000);
  const dicom::PixelReader reader(file, 1000);
  EXPECT_EQ(reader.module().photometric, dicom::Photometric::rgb);
  EXPECT_EQ(reader.read(0).values, picture.pixels);
}

TEST_F(DicomSecondaryCapture, CopiesPatientAndStudyAsTheyStand) {
  const auto object = written(SourceSpec{});
  EXPECT_EQ(text_at(*object, "SpecificCharacterSet"), "ISO_IR 100");
  EXPECT_EQ(text_at(*object, "PatientName"), "M\xFCller^Jos\xE9");
  EXPECT_EQ(text_at(*object, "PatientID"), "PATIENT-4711");
  EXPECT_EQ(text_at(*object, "IssuerOfPatientID"), "HOSPITAL-ISSUER");
  EXPECT_EQ(text_at(*object, "StudyInstanceUID"), "1.2.3.1");
  EXPECT_EQ(text_at(*object, "StudyDate"), "20230415");
  EXPECT_EQ(text_at(*object, "AccessionNumber"), "ACCESSION-99");
  EXPECT_EQ(text_at(*object, "PixelSpacing"), "0.75\\0.5");
  EXPECT_EQ(text_at(*object, "SourceImageSequence[0].ReferencedSOPInstanceUID"), "1.2.3.1.1.1");
  EXPECT_FALSE(object->tagExists(DcmTagKey(0x0009, 0x1001), OFTrue)) << "private attributes stay behind";
}

TEST_F(DicomSecondaryCapture, SaysWhatMadeIt) {
  const auto object = written(SourceSpec{});
  EXPECT_EQ(text_at(*object, "Manufacturer"), "Fovea");
  EXPECT_EQ(text_at(*object, "ManufacturerModelName"), "highlight-test");
  EXPECT_EQ(text_at(*object, "SoftwareVersions"), FOVEA_VERSION "\\1.2");
  EXPECT_THAT(*text_at(*object, "DerivationDescription"), HasSubstr("Fovea " FOVEA_VERSION ", highlight-test 1.2"));
  const std::string equipment = "ContributingEquipmentSequence";
  EXPECT_EQ(text_at(*object, equipment + "[0].Manufacturer"), "ScannerMaker");
  EXPECT_EQ(text_at(*object, equipment + "[0].PurposeOfReferenceCodeSequence[0].CodeValue"), "109101");
  EXPECT_EQ(text_at(*object, equipment + "[1].ManufacturerModelName"), "highlight-test");
  EXPECT_EQ(text_at(*object, equipment + "[1].PurposeOfReferenceCodeSequence[0].CodeValue"), "109102");
}

TEST_F(DicomSecondaryCapture, UidsAreNewAndTheSameAgainWithTheSameKey) {
  const auto a = written(SourceSpec{}), b = written(SourceSpec{});
  const auto other_slice = written(SourceSpec{.place = 1});
  EXPECT_THAT(*text_at(*a, "SOPInstanceUID"), testing::StartsWith("2.25."));
  EXPECT_EQ(text_at(*a, "SOPInstanceUID"), text_at(*b, "SOPInstanceUID"));
  EXPECT_EQ(text_at(*a, "SeriesInstanceUID"), text_at(*other_slice, "SeriesInstanceUID"));
  auto run = make_run();
  run.uids = Uids();
  write_secondary_capture(folder_ / "c.dcm", make_series({}, 1).frames[0], make_picture(9, 7), true, run);
  const auto c = read_object(folder_ / "c.dcm");
  EXPECT_NE(text_at(*a, "SOPInstanceUID"), text_at(*c, "SOPInstanceUID"));
  EXPECT_NE(text_at(*a, "SeriesInstanceUID"), text_at(*c, "SeriesInstanceUID"));
}

TEST_F(DicomSecondaryCapture, OfASourceWithoutAPatientHasEmptyAttributes) {
  const auto object = written(SourceSpec{.identified = false, .character_set = ""});
  for (const auto* name : {"PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
                           "ReferringPhysicianName", "StudyID", "AccessionNumber"}) {
    EXPECT_EQ(text_at(*object, name), "") << name;
  }
}

TEST_F(DicomSecondaryCapture, KeepsFlagsOfThePixels) {
  const auto object = written(SourceSpec{.burned_in = "YES", .lossy = "01"});
  EXPECT_EQ(text_at(*object, "BurnedInAnnotation"), "YES");
  EXPECT_EQ(text_at(*object, "LossyImageCompression"), "01");
  EXPECT_EQ(text_at(*object, "LossyImageCompressionMethod"), "ISO_10918_1");
  EXPECT_FALSE(text_at(*written(SourceSpec{}), "BurnedInAnnotation"));
}

TEST_F(DicomSecondaryCapture, OfAnotherGridHasNoSpacing) {
  const auto object = written(make_series({}, 1).frames[0], make_picture(20, 10), false);
  EXPECT_FALSE(text_at(*object, "PixelSpacing"));
  EXPECT_EQ(text_at(*object, "Columns"), "20");
}

TEST_F(DicomSecondaryCapture, ValuesThatAreInvalidAreNotCopied) {
  test::DicomMaker maker;
  maker.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2").text(0x00080018, "UI", "1.2.3.4");
  maker.text(0x00080020, "DA", "yesterday").text(0x00100020, "LO", std::string("ID\0\0", 4));
  maker.text(0x00100030, "DA", "1961").text(0x00100040, "CS", "FEMALE").text(0x00120062, "CS", "YES");
  maker.text(0x0020000D, "UI", "1.2").text(0x0020000E, "UI", "1.2.3").grey(7, 9, 8, 8, false);
  FrameResult result{.source = open_source(maker.file("1.2.840.10008.1.2.1")), .finding = make_finding(9, 7, 2, 2)};
  const auto object = written(result, make_picture(9, 7));
  EXPECT_EQ(text_at(*object, "StudyDate"), "");
  EXPECT_EQ(text_at(*object, "PatientBirthDate"), "");
  EXPECT_EQ(text_at(*object, "PatientSex"), "");
  EXPECT_EQ(text_at(*object, "PatientID"), "ID");
  EXPECT_EQ(text_at(*object, "DeidentificationMethod"), "not stated by the source");
}

}  // namespace
}  // namespace fovea::dicom_out
