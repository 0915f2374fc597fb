#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmpmap/dpmparametricmapiod.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "base/dicom_out_support.hpp"
#include "base/io_support.hpp"
#include "dicom_out/parametric_map.hpp"

namespace fovea::dicom_out {
namespace {

using FloatPixels = IODFloatingPointImagePixelModule;

class DicomParametricMap : public testing::Test {
 protected:
  std::string refused(const SeriesResult& series) const {
    std::string message;
    EXPECT_EQ(test::error_of([&] { write_parametric_map(folder_ / "pm.dcm", series, make_run()); }, &message),
              ErrorCode::unsupported);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "pm.dcm"));
    return message;
  }

  dicom::Runtime runtime_;
  tests::TempFolder folder_;
};

TEST_F(DicomParametricMap, IsRefusedWithoutAFrameOfReference) {
  EXPECT_THAT(refused(make_series({.plane = false}, 2)),
              testing::StartsWith("slice-0.dcm: it has no Frame of Reference UID, without which"));
}

TEST_F(DicomParametricMap, IsRefusedWithoutPlanes) {
  auto spec = SourceSpec{.frames = 3};
  auto series = make_series(spec, 3);
  series.frames[1].source->attributes().findAndDeleteElement(DCM_PerFrameFunctionalGroupsSequence);
  EXPECT_THAT(refused(series), testing::HasSubstr("it has no Image Position (Patient) of this frame"));
}

TEST_F(DicomParametricMap, HasTheHeatMapsBitByBit) {
  const auto series = make_series({}, 3);
  write_parametric_map(folder_ / "pm.dcm", series, make_run());
  auto loaded = DPMParametricMapIOD::loadFile((folder_ / "pm.dcm").c_str());
  auto** opened = OFget<DPMParametricMapIOD*>(&loaded);
  ASSERT_NE(opened, nullptr);
  const std::unique_ptr<DPMParametricMapIOD> map(*opened);
  ASSERT_EQ(map->getNumberOfFrames(), 3U);
  auto frames = map->getFrames();
  auto* values = OFget<DPMParametricMapIOD::Frames<FloatPixels::value_type>>(&frames);
  ASSERT_NE(values, nullptr);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto* frame = values->getFrame(i);
    EXPECT_EQ(std::vector<float>(frame, frame + 63), series.frames[i].finding.heat_map);
  }
}

TEST_F(DicomParametricMap, SaysWhatItsValuesAreAndWhereTheyLie) {
  write_parametric_map(folder_ / "pm.dcm", make_series({.modality = "MR"}, 2), make_run());
  const auto object = read_object(folder_ / "pm.dcm");
  EXPECT_EQ(text_at(*object, "Modality"), "MR");
  EXPECT_EQ(text_at(*object, "ContentQualification"), "RESEARCH");
  const std::string mapping = "SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0].";
  EXPECT_EQ(text_at(*object, mapping + "QuantityDefinitionSequence[0].ConceptCodeSequence[0].CodeMeaning"),
            "Probability");
  EXPECT_EQ(text_at(*object, mapping + "RealWorldValueSlope"), "1");
  EXPECT_EQ(text_at(*object, "PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0].ImagePositionPatient"),
            "-10.5\\22.05\\2.4");
  EXPECT_EQ(text_at(*object,
                    "PerFrameFunctionalGroupsSequence[1].DerivationImageSequence[0].SourceImageSequence[0]"
                    ".ReferencedSOPInstanceUID"),
            "1.2.3.1.1.2");
}

}  // namespace
}  // namespace fovea::dicom_out
