#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmsr/dsrdoc.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "base/dicom_out_support.hpp"
#include "base/io_support.hpp"
#include "dicom_out/report.hpp"

namespace fovea::dicom_out {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

/// What DCMTK prints of a report that it accepts, line by line without indentation.
std::vector<std::string> lines_of(DcmDataset& object) {
  DSRDocument document;
  const auto status = document.read(object);
  EXPECT_TRUE(status.good()) << status.text();
  std::ostringstream text;
  document.print(text,
                 DSRTypes::PF_printAllCodes | DSRTypes::PF_printLongSOPClassName | DSRTypes::PF_shortenLongItemValues);
  std::vector<std::string> lines;
  std::istringstream in(text.str());
  for (std::string line; std::getline(in, line);) {
    const auto begin = line.find_first_not_of(' ');
    if (begin != std::string::npos) lines.push_back(line.substr(begin));
  }
  return lines;
}

class DicomReport : public testing::Test {
 protected:
  std::unique_ptr<DcmDataset> written(const FrameResult& result) const {
    write_report(folder_ / "sr.dcm", result, make_run());
    return read_object(folder_ / "sr.dcm");
  }

  dicom::Runtime runtime_;
  tests::TempFolder folder_;
};

TEST_F(DicomReport, RefusesAFindingOfAnotherSize) {
  auto result = make_series({}, 1).frames[0];
  result.finding.width = 8;
  EXPECT_EQ(test::error_of([&] { written(result); }), ErrorCode::usage);
}

TEST_F(DicomReport, MeasuresRegionsAndNamesWhatTheyAre) {
  const auto object = written(make_series({}, 1).frames[0]);
  const auto lines = lines_of(*object);
  EXPECT_THAT(lines, Contains(HasSubstr("(111030,DCM,\"Image Region\")=(POLYLINE,0.5/0.5,")));
  EXPECT_THAT(lines, Contains(HasSubstr("(42798000,SCT,\"Area\")=\"3.375\" (mm2,UCUM,")));
  EXPECT_THAT(lines, Contains(HasSubstr("(122157,DCM,\"Probability\")=\"0.9375\" (1,UCUM,")));
  EXPECT_THAT(lines, Contains(HasSubstr("(121071,DCM,\"Finding\")=(52988006,SCT,\"Lesion\")")));
  EXPECT_THAT(lines, Contains(HasSubstr("=(21594007,SCT,\"Malignant\")")));
  EXPECT_THAT(lines, Contains(HasSubstr("(112039,DCM,\"Tracking Identifier\")=\"Image, benign\"")));
  EXPECT_THAT(lines, Contains(HasSubstr("(122157,DCM,\"Probability\")=\"0.2\"")));
  EXPECT_THAT(lines, Contains(HasSubstr("(111001,DCM,\"Algorithm Name\")=\"highlight-test\"")));
  EXPECT_THAT(lines, Contains(HasSubstr("TEXT:(121071,DCM,\"Finding\")=\"A malignant lesion in the ")));
  EXPECT_EQ(text_at(*object, "VerificationFlag"), "UNVERIFIED");
  EXPECT_EQ(text_at(*object, "PreliminaryFlag"), "PRELIMINARY");
  EXPECT_EQ(text_at(*object, "ContentTemplateSequence[0].TemplateIdentifier"), "1500");
  EXPECT_EQ(text_at(*object,
                    "CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]"
                    ".ReferencedSOPSequence[0].ReferencedSOPInstanceUID"),
            "1.2.3.1.1.1");
}

TEST_F(DicomReport, WithoutSpacingMeasuresPixels) {
  auto result = make_series({.plane = false}, 1).frames[0];
  result.finding.regions[0].area_mm2.reset();
  EXPECT_THAT(lines_of(*written(result)), Contains(HasSubstr("\"Area\")=\"9\" ({pixels},UCUM,")));
}

TEST_F(DicomReport, OfNothingFoundSaysSo) {
  auto result = make_series({}, 1).frames[0];
  result.finding.regions.clear();
  result.finding.scores.clear();
  result.finding.anomaly_score.reset();
  result.finding.caption.reset();
  result.finding.unfamiliar = true;
  const auto lines = lines_of(*written(result));
  EXPECT_THAT(lines, Contains(HasSubstr("No region reaches the")));
  EXPECT_THAT(lines, Contains(HasSubstr("The image is unlike those")));
  EXPECT_THAT(lines, testing::Not(Contains(HasSubstr("Measurement Group"))));
}

TEST_F(DicomReport, OfAFrameNamesIt) {
  const auto object = written(make_series({.frames = 3}, 3).frames[1]);
  const std::string group = "ContentSequence[7].ContentSequence[0].";
  ASSERT_EQ(text_at(*object, group + "ContentSequence[8].ValueType"), "SCOORD");
  EXPECT_EQ(text_at(*object, group + "ContentSequence[8].ContentSequence[0].ReferencedSOPSequence[0]"
                                     ".ReferencedFrameNumber"),
            "2");
}

TEST_F(DicomReport, WritesACaptionBeyondTheSourcesCharacterSet) {
  auto result = make_series({}, 1).frames[0];
  result.finding.caption->hypotheses[0].text = "\xE7\x97\x85\xE5\xA4\x89 \\ lesion";
  const auto object = written(result);
  EXPECT_EQ(text_at(*object, "SpecificCharacterSet"), "ISO_IR 192");
  EXPECT_EQ(text_at(*object, "PatientName"), "M\xC3\xBCller^Jos\xC3\xA9") << "converted with it";
  EXPECT_EQ(text_at(*object, "ContentSequence[8].ContentSequence[0].TextValue"), "\xE7\x97\x85\xE5\xA4\x89 / lesion");
}

}  // namespace
}  // namespace fovea::dicom_out
