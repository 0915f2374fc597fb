#include <array>
#include <memory>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmpstat/dvpsgr.h>
#include <dcmtk/dcmpstat/dvpstat.h>
#include <dcmtk/dcmpstat/dvpstx.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "base/dicom_out_support.hpp"
#include "base/io_support.hpp"
#include "dicom_out/icc_profile.hpp"
#include "dicom_out/presentation_state.hpp"

namespace fovea::dicom_out {
namespace {

class DicomPresentationState : public testing::Test {
 protected:
  std::unique_ptr<DcmDataset> written(const FrameResult& result, const std::optional<Window>& window = {}) const {
    write_presentation_state(folder_ / "gsps.dcm", result, window, make_run());
    return read_object(folder_ / "gsps.dcm");
  }

  dicom::Runtime runtime_;
  tests::TempFolder folder_;
};

TEST_F(DicomPresentationState, RefusesAFindingOfAnotherSize) {
  auto result = make_series({}, 1).frames[0];
  result.finding.height = 8;
  EXPECT_EQ(test::error_of([&] { written(result); }), ErrorCode::usage);
}

TEST_F(DicomPresentationState, DrawsContoursAndLabels) {
  const auto object = written(make_series({}, 2).frames[1]);
  DVPresentationState state;
  ASSERT_TRUE(state.read(*object).good());
  // DCMTK shows graphics of the image that is attached.
  const auto file = source_file({.place = 1});
  folder_.write("source.dcm", {reinterpret_cast<const char*>(file->data()), file->size()});
  const auto source = read_object(folder_ / "source.dcm");
  ASSERT_TRUE(state.attachImage(source.get(), OFFalse).good());
  ASSERT_EQ(state.getNumberOfGraphicLayers(), 1U);
  ASSERT_EQ(state.getNumberOfGraphicObjects(0), 1U);
  auto* contour = state.getGraphicObject(0, 0);
  EXPECT_EQ(contour->getGraphicType(), DVPST_polyline);
  ASSERT_EQ(contour->getNumberOfPoints(), 5U);
  const std::vector<std::array<float, 2>> expected{
      {1.5F, 0.5F}, {3.5F, 0.5F}, {3.5F, 2.5F}, {1.5F, 2.5F}, {1.5F, 0.5F}};
  for (std::size_t i = 0; i < 5; ++i) {
    Float32 x = 0, y = 0;
    EXPECT_TRUE(contour->getPoint(i, x, y).good());
    EXPECT_EQ((std::array<float, 2>{x, y}), expected[i]);
  }
  ASSERT_EQ(state.getNumberOfTextObjects(0), 1U);
  EXPECT_STREQ(state.getTextObject(0, 0)->getText(), "malignant 0.94");
  EXPECT_EQ(text_at(*object, "ReferencedSeriesSequence[0].ReferencedImageSequence[0].ReferencedSOPInstanceUID"),
            "1.2.3.1.1.2");
  EXPECT_EQ(text_at(*object, "DisplayedAreaSelectionSequence[0].PresentationPixelSpacing"), "0.75\\0.5");
  EXPECT_EQ(text_at(*object, "DisplayedAreaSelectionSequence[0].DisplayedAreaBottomRightHandCorner"), "9\\7");
}

TEST_F(DicomPresentationState, ShowsGreyAsTheSourceDoes) {
  auto object = written(make_series({}, 1).frames[0]);
  EXPECT_EQ(text_at(*object, "SoftcopyVOILUTSequence[0].WindowCenter"), "40");
  EXPECT_EQ(text_at(*object, "SoftcopyVOILUTSequence[0].WindowWidth"), "400");
  EXPECT_EQ(text_at(*object, "RescaleIntercept"), "-1024");
  EXPECT_EQ(text_at(*object, "RescaleType"), "HU");
  EXPECT_EQ(text_at(*object, "PresentationLUTShape"), "IDENTITY");

  object = written(make_series({.photometric = "MONOCHROME1", .window = ""}, 1).frames[0]);
  EXPECT_EQ(text_at(*object, "PresentationLUTShape"), "INVERSE");
  EXPECT_FALSE(text_at(*object, "SoftcopyVOILUTSequence[0].WindowCenter"));
}

TEST_F(DicomPresentationState, TakesAnotherWindow) {
  const auto object = written(make_series({}, 1).frames[0],
                              Window{.centre = 50.5, .width = 350, .function = VoiFunction::linear_exact});
  EXPECT_EQ(text_at(*object, "SoftcopyVOILUTSequence[0].WindowCenter"), "50.5");
  EXPECT_EQ(text_at(*object, "SoftcopyVOILUTSequence[0].VOILUTFunction"), "LINEAR_EXACT");
}

TEST_F(DicomPresentationState, OfASourceInColourIsAColourOne) {
  SourceSpec spec{.sop_class = "1.2.840.10008.5.1.4.1.1.6.1", .modality = "US", .photometric = "RGB", .plane = false};
  const auto object = written(make_series(spec, 1).frames[0]);
  EXPECT_EQ(text_at(*object, "SOPClassUID"), "1.2.840.10008.5.1.4.1.1.11.2");
  EXPECT_EQ(text_at(*object, "GraphicAnnotationSequence[0].GraphicObjectSequence[0].GraphicType"), "POLYLINE");
  EXPECT_FALSE(text_at(*object, "PresentationLUTShape"));
  EXPECT_EQ(text_at(*object, "DisplayedAreaSelectionSequence[0].PresentationPixelAspectRatio"), "1\\1");
  const Uint8* profile = nullptr;
  unsigned long size = 0;
  ASSERT_TRUE(object->findAndGetUint8Array(DCM_ICCProfile, profile, &size).good());
  EXPECT_EQ(std::vector<std::uint8_t>(profile, profile + size), srgb_profile());
}

TEST_F(DicomPresentationState, OfNothingFoundHasNoGraphics) {
  auto result = make_series({}, 1).frames[0];
  result.finding.regions.clear();
  const auto object = written(result);
  DVPresentationState state;
  ASSERT_TRUE(state.read(*object).good());
  EXPECT_EQ(state.getNumberOfGraphicLayers(), 0U);
}

TEST(DicomIccProfile, HasTheHeaderAndTagsOfAnInputProfile) {
  const auto profile = srgb_profile();
  const auto text = std::string(profile.begin(), profile.end());
  const auto number = [&](std::size_t at) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | profile[at + i];
    return value;
  };
  EXPECT_EQ(number(0), profile.size());
  EXPECT_EQ(text.substr(12, 12), "scnrRGB XYZ ");
  EXPECT_EQ(text.substr(36, 4), "acsp");
  ASSERT_EQ(number(128), 9U);
  std::size_t colorants[3] = {0, 0, 0};
  for (std::size_t tag = 0; tag < 9; ++tag) {
    const auto entry = 132 + 12 * tag;
    const auto offset = number(entry + 4);
    EXPECT_LE(offset + number(entry + 8), profile.size());
    EXPECT_EQ(offset % 4, 0U);
    if (text.substr(entry + 1, 3) != "XYZ") continue;
    for (std::size_t i = 0; i < 3; ++i) colorants[i] += number(offset + 8 + 4 * i);
  }
  // Red, green and blue together are the white of the profile connection space: 0.9642, 1, 0.8249.
  EXPECT_NEAR(static_cast<double>(colorants[0]) / 65536, 0.9642, 2e-3);
  EXPECT_NEAR(static_cast<double>(colorants[1]) / 65536, 1, 2e-3);
  EXPECT_NEAR(static_cast<double>(colorants[2]) / 65536, 0.8249, 2e-3);
}

}  // namespace
}  // namespace fovea::dicom_out
