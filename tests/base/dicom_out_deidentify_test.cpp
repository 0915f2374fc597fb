#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "base/dicom_out_support.hpp"
#include "dicom_out/confidentiality_table.hpp"
#include "dicom_out/deidentify.hpp"
#include "dicom_out/parametric_map.hpp"
#include "dicom_out/presentation_state.hpp"
#include "dicom_out/report.hpp"
#include "dicom_out/secondary_capture.hpp"
#include "dicom_out/segmentation.hpp"

namespace fovea::dicom_out {
namespace {

/// All kinds of results of two slices, de-identified.
class DicomDeidentify : public testing::Test {
 protected:
  void SetUp() override {
    run_.deidentifier = deidentifier_;
    const auto series = make_series({}, 2);
    const auto& first = series.frames[0];
    write_secondary_capture(folder_ / "sc.dcm", first, make_picture(9, 7), true, run_);
    write_report(folder_ / "sr.dcm", first, run_);
    write_presentation_state(folder_ / "gsps.dcm", first, {}, run_);
    write_segmentation(folder_ / "seg.dcm", series, SegmentationKind::binary, run_);
    write_segmentation(folder_ / "seg-probability.dcm", series, SegmentationKind::fractional, run_);
    write_parametric_map(folder_ / "pm.dcm", series, run_);
  }

  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) paths.push_back(entry.path());
    return paths;
  }

  dicom::Runtime runtime_;
  tests::TempFolder folder_;
  std::shared_ptr<const Deidentifier> deidentifier_ = std::make_shared<Deidentifier>("key");
  ResultContext run_ = make_run();
};

TEST_F(DicomDeidentify, NothingOfThePatientIsLeft) {
  ASSERT_EQ(files().size(), 6U);
  for (const auto& path : files()) {
    const auto bytes = tests::read_text(path);
    for (const auto& text : identifying_texts()) EXPECT_EQ(bytes.find(text), std::string::npos) << path << ": " << text;
  }
}

TEST_F(DicomDeidentify, TheSameIsThereWithoutIt) {
  // The texts are in the results that name the patient: the test above can fail.
  run_.deidentifier = nullptr;
  write_report(folder_ / "named.dcm", make_series({}, 1).frames[0], run_);
  const auto bytes = tests::read_text(folder_ / "named.dcm");
  for (const auto* text : {"ller", "PATIENT-4711", "19610203", "SERIAL-1234", "Secret study", "1.2.3.1.1"}) {
    EXPECT_NE(bytes.find(text), std::string::npos) << text;
  }
}

TEST_F(DicomDeidentify, SaysSo) {
  for (const auto& path : files()) {
    const auto object = read_object(path);
    EXPECT_EQ(text_at(*object, "PatientIdentityRemoved"), "YES");
    EXPECT_THAT(*text_at(*object, "DeidentificationMethod"), testing::HasSubstr("Basic Application Level"));
    EXPECT_EQ(text_at(*object, "DeidentificationMethodCodeSequence[0].CodeValue"), "113100");
    EXPECT_EQ(text_at(*object, "LongitudinalTemporalInformationModified"), "REMOVED");
  }
}

TEST_F(DicomDeidentify, UidsAgreeAcrossResults) {
  const auto study = deidentifier_->uid("1.2.3.1"), instance = deidentifier_->uid("1.2.3.1.1.1");
  EXPECT_THAT(study, testing::StartsWith("2.25."));
  for (const auto& path : files()) EXPECT_EQ(text_at(*read_object(path), "StudyInstanceUID"), study) << path;
  EXPECT_EQ(text_at(*read_object(folder_ / "sc.dcm"), "SourceImageSequence[0].ReferencedSOPInstanceUID"), instance);
  EXPECT_EQ(text_at(*read_object(folder_ / "seg.dcm"),
                    "PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0]"
                    ".SourceImageSequence[0].ReferencedSOPInstanceUID"),
            instance);
  EXPECT_EQ(text_at(*read_object(folder_ / "sr.dcm"),
                    "ContentSequence[7].ContentSequence[0].ContentSequence[8]"
                    ".ContentSequence[0].ReferencedSOPSequence[0]"
                    ".ReferencedSOPInstanceUID"),
            instance);
  EXPECT_EQ(text_at(*read_object(folder_ / "gsps.dcm"),
                    "GraphicAnnotationSequence[0].ReferencedImageSequence[0]"
                    ".ReferencedSOPInstanceUID"),
            instance);
  EXPECT_EQ(text_at(*read_object(folder_ / "pm.dcm"), "FrameOfReferenceUID"), deidentifier_->uid("1.2.3.9"));
}

TEST_F(DicomDeidentify, WhatWasFoundStays) {
  const auto report = read_object(folder_ / "sr.dcm");
  EXPECT_EQ(text_at(*report, "ContentSequence[8].ContentSequence[0].TextValue"),
            "A malignant lesion in the upper left.");
  EXPECT_EQ(text_at(*read_object(folder_ / "gsps.dcm"),
                    "GraphicAnnotationSequence[0].TextObjectSequence[0]"
                    ".UnformattedTextValue"),
            "malignant 0.94");
  EXPECT_EQ(text_at(*read_object(folder_ / "seg.dcm"), "SegmentSequence[0].SegmentLabel"), "malignant");
}

TEST_F(DicomDeidentify, PatientsAreKeptApart) {
  const auto id = text_at(*read_object(folder_ / "sc.dcm"), "PatientID");
  EXPECT_THAT(*id, testing::MatchesRegex("ANON-[0-9a-f]{16}"));
  EXPECT_EQ(id, text_at(*read_object(folder_ / "seg.dcm"), "PatientID"));
}

TEST(DicomDeidentifier, HashesWithItsKey) {
  const Deidentifier a("a"), b("b"), random, other_random;
  EXPECT_EQ(a.hash("/scans/Mueller.dcm"), Deidentifier("a").hash("/scans/Mueller.dcm"));
  EXPECT_NE(a.hash("/scans/Mueller.dcm"), b.hash("/scans/Mueller.dcm"));
  EXPECT_NE(random.uid("1.2.3"), other_random.uid("1.2.3"));
  EXPECT_EQ(a.uid("1.2.840.10008.5.1.4.1.1.2"), "1.2.840.10008.5.1.4.1.1.2");
}

TEST(DicomDeidentifier, CleansItemsAtAllDepths) {
  DcmDataset object;
  DcmItem* item = nullptr;
  ASSERT_TRUE(object.findOrCreateSequenceItem(DCM_ContributingEquipmentSequence, item).good());
  item->putAndInsertString(DCM_InstitutionName, "Secret");
  item->putAndInsertString(DCM_InstitutionAddress, "Secret");
  DcmItem* nested = nullptr;
  ASSERT_TRUE(item->findOrCreateSequenceItem(DCM_ContributingSourcesSequence, nested).good());
  nested->putAndInsertString(DCM_StudyInstanceUID, "1.2.3");
  nested->putAndInsertString(DCM_StudyDate, "20200101");
  nested->putAndInsertString(DcmTag(0x0009, 0x0010, EVR_LO), "PRIVATE");
  const Deidentifier deidentifier("key");
  deidentifier.apply(object);
  const std::string path = "ContributingEquipmentSequence[0].";
  EXPECT_EQ(text_at(object, path + "InstitutionName"), "ANONYMIZED");
  EXPECT_FALSE(text_at(object, path + "InstitutionAddress"));
  EXPECT_EQ(text_at(object, path + "ContributingSourcesSequence[0].StudyInstanceUID"), deidentifier.uid("1.2.3"));
  EXPECT_EQ(text_at(object, path + "ContributingSourcesSequence[0].StudyDate"), "");
  EXPECT_FALSE(object.tagExists(DcmTagKey(0x0009, 0x0010), OFTrue));
  EXPECT_FALSE(text_at(object, "PatientID")) << "an ID that is not there is not made up";
}

TEST(DicomConfidentialityTable, IsTheStandards) {
  EXPECT_EQ(profile_action(0x00100010), ProfileAction::empty) << "Patient's Name, Z";
  EXPECT_EQ(profile_action(0x00101010), ProfileAction::remove) << "Patient's Age, X";
  EXPECT_EQ(profile_action(0x00080018), ProfileAction::uids) << "SOP Instance UID, U";
  EXPECT_EQ(profile_action(0x00081140), ProfileAction::uids) << "Referenced Image Sequence, X/Z/U*";
  EXPECT_EQ(profile_action(0x00080023), ProfileAction::replace) << "Content Date, Z/D";
  EXPECT_EQ(profile_action(0x00080021), ProfileAction::replace) << "Series Date, X/D";
  EXPECT_EQ(profile_action(0x0040A730), ProfileAction::replace) << "Content Sequence, D";
  EXPECT_EQ(profile_action(0x60023000), ProfileAction::remove) << "Overlay Data, X";
  EXPECT_EQ(profile_action(0x00091001), ProfileAction::remove) << "private";
  EXPECT_EQ(profile_action(0x00280010), ProfileAction::keep) << "Rows";
}

}  // namespace
}  // namespace fovea::dicom_out
