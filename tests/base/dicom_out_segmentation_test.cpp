#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmseg/segdoc.h>
#include <dcmtk/dcmseg/segment.h>
#include <dcmtk/dcmseg/segutils.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "base/dicom_out_support.hpp"
#include "base/io_support.hpp"
#include "dicom/pixel_reader.hpp"
#include "dicom_out/segmentation.hpp"

namespace fovea::dicom_out {
namespace {

using testing::HasSubstr;

class DicomSegmentation : public testing::Test {
 protected:
  std::unique_ptr<DcmDataset> written(const SeriesResult& series, SegmentationKind kind) const {
    write_segmentation(folder_ / "seg.dcm", series, kind, make_run());
    return read_object(folder_ / "seg.dcm");
  }
  std::string refused(const SeriesResult& series, SegmentationKind kind = SegmentationKind::fractional) const {
    std::string message;
    EXPECT_EQ(test::error_of([&] { write_segmentation(folder_ / "seg.dcm", series, kind, make_run()); }, &message),
              ErrorCode::usage);
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << "nothing is left of a file that could not be written";
    return message;
  }

  dicom::Runtime runtime_;
  tests::TempFolder folder_;
};

std::vector<int> as_ints(const std::vector<std::uint8_t>& values) { return {values.begin(), values.end()}; }

/// Values of all frames of a written file.
std::vector<std::vector<int>> frames_of(const std::filesystem::path& path) {
  const dicom::Dataset file(read_bytes(path), "seg.dcm", 1000);
  const dicom::PixelReader reader(file, 1000);
  std::vector<std::vector<int>> frames;
  for (int i = 0; i < reader.module().frames; ++i) frames.push_back(as_ints(reader.read(i).values));
  return frames;
}

/// The same by DCMTK's reader of segmentations, which (3.6.7) wants frames of whole bytes.
std::vector<std::vector<int>> frames_by_dcmtk(const std::filesystem::path& path, unsigned rows, unsigned columns) {
  DcmSegmentation* opened = nullptr;
  const auto status = DcmSegmentation::loadFile(path.c_str(), opened);
  EXPECT_TRUE(status.good()) << status.text();
  const std::unique_ptr<DcmSegmentation> segmentation(opened);
  std::vector<std::vector<int>> frames;
  if (opened == nullptr) return frames;
  for (std::size_t i = 0; i < segmentation->getNumberOfFrames(); ++i) {
    const auto* frame = segmentation->getFrame(i);
    std::unique_ptr<DcmIODTypes::Frame> unpacked;
    if (segmentation->getSegmentationType() == DcmSegTypes::ST_BINARY) {
      unpacked.reset(DcmSegUtils::unpackBinaryFrame(frame, static_cast<Uint16>(rows), static_cast<Uint16>(columns)));
      frame = unpacked.get();
    }
    frames.emplace_back(frame->pixData, frame->pixData + rows * columns);
  }
  return frames;
}

TEST_F(DicomSegmentation, RefusesWhatDoesNotFitTogether) {
  EXPECT_THAT(refused({}), HasSubstr("at least one frame"));
  auto series = make_series({}, 2);
  series.frames[1].frame = 2;
  EXPECT_THAT(refused(series), HasSubstr("slice-1.dcm: a result of frame 2 was given, and it has 1"));
  series = make_series({}, 2);
  series.frames[1].finding = make_finding(9, 8, 2, 2);
  EXPECT_THAT(refused(series), HasSubstr("it has 9 x 7 pixels, and what was found in it 9 x 8"));
  series = make_series({}, 2);
  series.frames[1].source = make_source({.study_uid = "1.2.3.2"});
  EXPECT_THAT(refused(series), HasSubstr("of another study"));
  series = make_series({}, 2);
  series.frames[1].source = make_source({.plane = false});
  EXPECT_THAT(refused(series), HasSubstr("Frame of Reference"));
  series = make_series({}, 2);
  series.frames[1].source = make_source({.rows = 8});
  EXPECT_THAT(refused(series), HasSubstr("9 x 8 pixels"));
}

TEST_F(DicomSegmentation, RefusesMapsThatAreNone) {
  auto series = make_series({}, 1);
  series.frames[0].finding.heat_map[5] = 1.5F;
  EXPECT_THAT(refused(series), HasSubstr("probabilities from 0 to 1"));
  series.frames[0].finding.heat_map[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refused(series), HasSubstr("nan"));
  series.frames[0].finding.heat_map.pop_back();
  EXPECT_THAT(refused(series), HasSubstr("62 values, expected 63"));
  series.frames[0].finding.mask.pop_back();
  EXPECT_THAT(refused(series, SegmentationKind::binary), HasSubstr("62 pixels, expected 9 x 7"));
}

TEST_F(DicomSegmentation, BinaryHasTheMasks) {
  const auto series = make_series({}, 3);
  const auto object = written(series, SegmentationKind::binary);
  const auto frames = frames_of(folder_ / "seg.dcm");
  ASSERT_EQ(frames.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(frames[i], as_ints(series.frames[i].finding.mask)) << i;
  }
  EXPECT_EQ(text_at(*object, "SegmentSequence[0].SegmentLabel"), "malignant");
  EXPECT_EQ(text_at(*object, "SegmentSequence[0].SegmentAlgorithmType"), "AUTOMATIC");
  EXPECT_EQ(text_at(*object, "SegmentSequence[0].SegmentAlgorithmName"), "highlight-test");
  EXPECT_EQ(text_at(*object, "SegmentSequence[0].SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion"),
            "1.2");
  EXPECT_EQ(text_at(*object, "SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeValue"), "52988006");
}

TEST_F(DicomSegmentation, HasOneSegmentForEachLabel) {
  auto series = make_series({}, 2);
  series.frames[1].finding = make_finding(9, 7, 6, 4, "benign");
  const auto object = written(series, SegmentationKind::binary);
  const auto frames = frames_of(folder_ / "seg.dcm");
  ASSERT_EQ(frames.size(), 4U) << "two labels in two slices";
  const std::vector<int> nothing(63);
  EXPECT_EQ(frames[0], as_ints(series.frames[0].finding.mask));
  EXPECT_EQ(frames[1], nothing);
  EXPECT_EQ(frames[2], nothing);
  EXPECT_EQ(frames[3], as_ints(series.frames[1].finding.mask));
  EXPECT_EQ(text_at(*object,
                    "PerFrameFunctionalGroupsSequence[3].SegmentIdentificationSequence[0]"
                    ".ReferencedSegmentNumber"),
            "2");
  EXPECT_EQ(text_at(*object, "SegmentSequence[1].SegmentLabel"), "benign");
}

TEST_F(DicomSegmentation, FractionalHasTheHeatMaps) {
  auto series = make_series({}, 2);
  const auto maps = series.frames;
  std::vector<std::size_t> loaded;
  series.load_maps = [&](std::size_t index) {
    loaded.push_back(index);
    return Maps{maps[index].finding.heat_map, {}};
  };
  for (auto& result : series.frames) result.finding.heat_map.clear();
  const auto object = written(series, SegmentationKind::fractional);
  EXPECT_THAT(loaded, testing::ElementsAre(0, 1)) << "maps are loaded once, in order";
  const auto frames = frames_of(folder_ / "seg.dcm");
  ASSERT_EQ(frames.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t p = 0; p < 63; ++p) {
      EXPECT_EQ(frames[i][p], std::lround(maps[i].finding.heat_map[p] * 255));
    }
  }
  EXPECT_EQ(text_at(*object, "SegmentationFractionalType"), "PROBABILITY");
}

TEST_F(DicomSegmentation, IsReadByDcmtk) {
  const auto series = make_series({.rows = 8, .columns = 8}, 3);
  write_segmentation(folder_ / "seg.dcm", series, SegmentationKind::binary, make_run());
  auto frames = frames_by_dcmtk(folder_ / "seg.dcm", 8, 8);
  ASSERT_EQ(frames.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(frames[i], as_ints(series.frames[i].finding.mask)) << i;

  write_segmentation(folder_ / "seg.dcm", series, SegmentationKind::fractional, make_run());
  frames = frames_by_dcmtk(folder_ / "seg.dcm", 8, 8);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames, frames_of(folder_ / "seg.dcm"));
}

TEST_F(DicomSegmentation, LiesWhereTheSourceDoes) {
  const auto object = written(make_series({}, 2), SegmentationKind::binary);
  EXPECT_EQ(text_at(*object, "FrameOfReferenceUID"), "1.2.3.9");
  const std::string shared = "SharedFunctionalGroupsSequence[0].", second = "PerFrameFunctionalGroupsSequence[1].";
  EXPECT_EQ(text_at(*object, shared + "PixelMeasuresSequence[0].PixelSpacing"), "0.75\\0.5");
  EXPECT_EQ(text_at(*object, shared + "PixelMeasuresSequence[0].SliceThickness"), "2.5");
  EXPECT_EQ(text_at(*object, shared + "PlaneOrientationSequence[0].ImageOrientationPatient"), "1\\0\\0\\0\\0.8\\-0.6");
  EXPECT_EQ(text_at(*object, second + "PlanePositionSequence[0].ImagePositionPatient"), "-10.5\\22.05\\2.4");
  const auto source = second + "DerivationImageSequence[0].SourceImageSequence[0].";
  EXPECT_EQ(text_at(*object, source + "ReferencedSOPInstanceUID"), "1.2.3.1.1.2");
  EXPECT_FALSE(text_at(*object, source + "ReferencedFrameNumber"));
  EXPECT_EQ(text_at(*object, "ReferencedSeriesSequence[0].SeriesInstanceUID"), "1.2.3.1.1");
  EXPECT_EQ(text_at(*object, "ReferencedSeriesSequence[0].ReferencedInstanceSequence[1].ReferencedSOPInstanceUID"),
            "1.2.3.1.1.2");
}

TEST_F(DicomSegmentation, OfAnEnhancedImageRefersToItsFrames) {
  SourceSpec spec{.sop_class = "1.2.840.10008.5.1.4.1.1.2.1", .frames = 3};
  const auto object = written(make_series(spec, 3), SegmentationKind::binary);
  const std::string third = "PerFrameFunctionalGroupsSequence[2].";
  EXPECT_EQ(text_at(*object, third + "PlanePositionSequence[0].ImagePositionPatient"), "-10.5\\23.85\\4.8");
  EXPECT_EQ(text_at(*object, third + "DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber"), "3");
  EXPECT_EQ(text_at(*object, "SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing"), "0.75\\0.5");
  EXPECT_FALSE(text_at(*object, "ReferencedSeriesSequence[0].ReferencedInstanceSequence[1].ReferencedSOPInstanceUID"));
}

TEST_F(DicomSegmentation, WithoutAFrameOfReferenceRefersByDerivationAlone) {
  const auto object = written(make_series({.plane = false}, 2), SegmentationKind::binary);
  EXPECT_FALSE(text_at(*object, "FrameOfReferenceUID"));
  EXPECT_FALSE(text_at(*object, "SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing"));
  EXPECT_FALSE(text_at(*object, "PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0].ImagePositionPatient"));
  EXPECT_EQ(text_at(*object,
                    "PerFrameFunctionalGroupsSequence[1].DerivationImageSequence[0].SourceImageSequence[0]"
                    ".ReferencedSOPInstanceUID"),
            "1.2.3.1.1.2");
}

TEST_F(DicomSegmentation, KeepsThatTheSourceWasCompressedWithLoss) {
  const auto object = written(make_series({.lossy = "01"}, 1), SegmentationKind::binary);
  EXPECT_EQ(text_at(*object, "LossyImageCompression"), "01");
  EXPECT_EQ(text_at(*object, "LossyImageCompressionRatio"), "8.5");
  EXPECT_EQ(text_at(*written(make_series({}, 1), SegmentationKind::binary), "LossyImageCompression"), "00");
}

}  // namespace
}  // namespace fovea::dicom_out
