/// Where the frames of a DICOM file lie: files that the test makes, and those of the corpus where it is there.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/io_support.hpp"
#include "dicom_maker.hpp"
#include "fovea/scan.hpp"
#include "shared_data.hpp"

namespace fovea {
namespace {

using test::DicomMaker;
using ::testing::DoubleNear;
using ::testing::ElementsAre;

constexpr const char* kExplicit = "1.2.840.10008.1.2.1";

/// An image of 4 rows of 6 pixels whose file begins with what `fill` puts into it (groups before 0028), and ends with
/// what `spacing` does (group 0028 and functional groups).
template <typename Fill, typename More>
std::unique_ptr<FrameReader> make_scan(Fill fill, More more, int frames = 1) {
  DicomMaker maker;
  fill(maker);
  DicomMaker pixels;
  pixels.number(0x00280002, 1).text(0x00280004, "CS", "MONOCHROME2");
  pixels.text(0x00280008, "IS", std::to_string(frames)).number(0x00280010, 4).number(0x00280011, 6);
  maker.append(pixels);
  more(maker);
  maker.bytes(0x7FE00010, "OB", std::string(static_cast<std::size_t>(24 * frames), '\1'));
  return open_frames(maker.file(kExplicit), "scan.dcm");
}

void eight_bits(DicomMaker& maker) { maker.number(0x00280100, 8); }

template <typename Fill>
Scan scan_of(Fill fill) {
  return make_scan(fill, eight_bits)->scan(1).value();
}

std::optional<PixelSpacing> spacing_of(const std::string& spacing) {
  return make_scan([](DicomMaker&) {}, [&](DicomMaker& m) { m.text(0x00280030, "DS", spacing).number(0x00280100, 8); })
      ->scan(1)
      ->geometry.spacing;
}

TEST(DicomScan, NonsenseCountsAsAbsent) {
  for (const char* spacing : {"0\\0", "-1\\1", "1", "1\\a", "nan\\1", "1e9\\1", "inf\\1", ""}) {
    EXPECT_FALSE(spacing_of(spacing)) << spacing;
  }
  for (const char* orientation : {"1\\0\\0\\1\\0\\0", "1\\0\\0\\0\\0\\0", "2\\0\\0\\0\\1\\0", "1\\0\\0\\0\\1",
                                  "1\\0\\0\\0\\1\\0\\0", "1\\0\\0\\0.5\\0.87\\0", "x"}) {
    EXPECT_FALSE(scan_of([&](DicomMaker& m) { m.text(0x00200037, "DS", orientation); }).geometry.orientation)
        << orientation;
  }
  for (const char* position : {"1\\2", "1e300\\0\\0", "", "1\\2\\3\\4"}) {
    EXPECT_FALSE(scan_of([&](DicomMaker& m) { m.text(0x00200032, "DS", position); }).geometry.position) << position;
  }
  const auto scan = scan_of([](DicomMaker& m) {
    m.text(0x00080018, "UI", std::string(70, '1')).text(0x00080060, "CS", "C\nT").text(0x00180050, "DS", "-2");
    m.text(0x00200013, "IS", "99999999999").text(0x00200060, "CS", "LEFT");
  });
  EXPECT_EQ(scan.identity.sop_uid, "");
  EXPECT_EQ(scan.identity.modality, "");
  EXPECT_FALSE(scan.geometry.slice_thickness);
  EXPECT_FALSE(scan.identity.instance_number);
  EXPECT_EQ(scan.geometry.laterality, "");
}

TEST(DicomScan, FrameThatIsNotThereIsAnError) {
  const auto reader = make_scan([](DicomMaker&) {}, eight_bits);
  EXPECT_EQ(test::error_of([&] { reader->scan(0); }), ErrorCode::usage);
  EXPECT_EQ(test::error_of([&] { reader->scan(2); }), ErrorCode::usage);
  EXPECT_FALSE(open_frames(read_bytes(test::kImageFolder / "grey.png"), "grey.png")->scan(1)) << "no DICOM";
}

TEST(DicomScan, SaysWhatTheFileSays) {
  const auto fill = [](DicomMaker& m) {
    m.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2").text(0x00080018, "UI", "1.2.3").text(0x00080060, "CS", "CT");
    m.text(0x00180015, "CS", "HEAD").text(0x00180050, "DS", "2.5").text(0x00180088, "DS", "3");
    m.text(0x0020000D, "UI", "1.2.1").text(0x0020000E, "UI", "1.2.2").text(0x00200012, "IS", "4");
    m.text(0x00200013, "IS", "7").text(0x00200032, "DS", "-10\\20\\30.5").text(0x00200037, "DS", "0\\1\\0\\0\\0\\-1");
    m.text(0x00200052, "UI", "1.2.4").text(0x00200060, "CS", "L");
  };
  const auto more = [](DicomMaker& m) {
    m.text(0x00280030, "DS", "0.5\\0.25").text(0x00280034, "IS", "4\\3").number(0x00280100, 8);
    m.text(0x00280301, "CS", "YES");
  };
  const auto [identity, geometry] = make_scan(fill, more)->scan(1).value();
  EXPECT_EQ(identity.study_uid, "1.2.1");
  EXPECT_EQ(identity.series_uid, "1.2.2");
  EXPECT_EQ(identity.sop_uid, "1.2.3");
  EXPECT_EQ(identity.sop_class_uid, "1.2.840.10008.5.1.4.1.1.2");
  EXPECT_EQ(identity.modality, "CT");
  EXPECT_EQ(identity.instance_number, 7);
  EXPECT_EQ(identity.acquisition_number, 4);
  EXPECT_EQ(identity.frames, 1);
  EXPECT_EQ(identity.rows, 4);
  EXPECT_EQ(identity.columns, 6);
  EXPECT_EQ(identity.burned_in_annotation, true);
  ASSERT_TRUE(geometry.spacing);
  EXPECT_EQ(geometry.spacing->between_rows, 0.5);
  EXPECT_EQ(geometry.spacing->between_columns, 0.25);
  EXPECT_EQ(to_string(geometry.spacing->source), "PixelSpacing");
  EXPECT_EQ(geometry.slice_thickness, 2.5);
  EXPECT_EQ(geometry.spacing_between_slices, 3);
  EXPECT_EQ(geometry.frame_of_reference_uid, "1.2.4");
  EXPECT_EQ(geometry.laterality, "L");
  EXPECT_EQ(geometry.body_part, "HEAD");
  EXPECT_THAT(geometry.pixel_aspect_ratio.value(), ElementsAre(4, 3));
  // Rows run to the back, columns to the feet: a sagittal image, whose normal is to the right.
  EXPECT_THAT(normal_of(geometry.orientation.value()), ElementsAre(-1, 0, 0));
  EXPECT_THAT(patient_position(geometry, 0, 0).value(), ElementsAre(-10, 20, 30.5));
  EXPECT_THAT(patient_position(geometry, 4, 2).value(), ElementsAre(-10, 21, 29.5));
}

TEST(DicomScan, SizesAtTheDetectorOrOnFilmAreSaidToBeSoAndGiveNoPosition) {
  const auto detector = scan_of([](DicomMaker& m) {
    m.text(0x00181164, "DS", "0.1\\0.2").text(0x00200032, "DS", "0\\0\\0").text(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
  });
  ASSERT_TRUE(detector.geometry.spacing);
  EXPECT_EQ(detector.geometry.spacing->source, SpacingSource::imager_pixel_spacing);
  EXPECT_EQ(detector.geometry.spacing->between_columns, 0.2);
  EXPECT_FALSE(patient_position(detector.geometry, 0, 0));
  const auto film = scan_of([](DicomMaker& m) { m.text(0x00182010, "DS", "0.3\\0.3"); });
  ASSERT_TRUE(film.geometry.spacing);
  EXPECT_EQ(to_string(film.geometry.spacing->source), "NominalScannedPixelSpacing");
  const auto both = make_scan([](DicomMaker& m) { m.text(0x00181164, "DS", "0.1\\0.1"); },
                              [](DicomMaker& m) { m.text(0x00280030, "DS", "0.08\\0.08").number(0x00280100, 8); });
  EXPECT_EQ(both->scan(1)->geometry.spacing->source, SpacingSource::pixel_spacing);
}

/// 8 bytes, little endian.
std::string float64(double value) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &value, 8);
  return bytes;
}

DicomMaker region(unsigned last_row, unsigned units, double delta) {
  const auto number = [](unsigned value) { return std::string{static_cast<char>(value), 0, 0, 0}; };
  DicomMaker item;
  item.bytes(0x00186018, "UL", number(0)).bytes(0x0018601A, "UL", number(0));
  item.bytes(0x0018601C, "UL", number(5)).bytes(0x0018601E, "UL", number(last_row));
  item.number(0x00186024, units).number(0x00186026, units);
  return item.bytes(0x0018602C, "FD", float64(delta)).bytes(0x0018602E, "FD", float64(0.02));
}

TEST(DicomScan, UltrasoundRegionGivesTheSpacingWhenItIsTheImage) {
  const auto with = [](const std::vector<DicomMaker>& regions) {
    return scan_of([&](DicomMaker& m) { m.sequence(0x00186011, regions); }).geometry.spacing;
  };
  const auto spacing = with({region(2, 3, 0.01)});
  ASSERT_TRUE(spacing);
  EXPECT_EQ(spacing->source, SpacingSource::ultrasound_region);
  EXPECT_THAT(spacing->between_columns, DoubleNear(0.1, 1e-12));
  EXPECT_THAT(spacing->between_rows, DoubleNear(0.2, 1e-12));
  EXPECT_FALSE(with({region(0, 3, 0.01)})) << "a quarter of the image";
  EXPECT_FALSE(with({region(3, 4, 0.01)})) << "seconds";
  EXPECT_FALSE(with({region(3, 3, 0)}));
  EXPECT_FALSE(with({region(3, 3, 0.01), region(3, 3, 0.01)})) << "which of them?";
  EXPECT_FALSE(with({}));
}

/// One frame's functional groups, or those that all share.
DicomMaker groups(const std::string& position, const std::string& spacing, const std::string& laterality) {
  DicomMaker item;
  if (!laterality.empty()) {
    item.sequence(0x00209071, {DicomMaker().text(0x00209072, "CS", laterality)});
  }
  if (!position.empty()) item.sequence(0x00209113, {DicomMaker().text(0x00200032, "DS", position)});
  if (!spacing.empty()) {
    item.sequence(0x00209116, {DicomMaker().text(0x00200037, "DS", "1\\0\\0\\0\\1\\0")});
    item.sequence(0x00289110, {DicomMaker().text(0x00180050, "DS", "5").text(0x00280030, "DS", spacing)});
  }
  return item;
}

TEST(DicomScan, FramesHaveTheirFunctionalGroups) {
  const auto reader =
      make_scan([](DicomMaker& m) { m.text(0x00200060, "CS", "L"); },
                [](DicomMaker& m) {
                  m.number(0x00280100, 8).sequence(0x52009229, {groups("", "0.7\\0.7", "")});
                  m.sequence(0x52009230, {groups("1\\2\\3", "", ""), groups("1\\2\\8", "0.9\\0.9", "R")});
                },
                3);
  const auto first = reader->scan(1)->geometry, second = reader->scan(2)->geometry, third = reader->scan(3)->geometry;
  EXPECT_EQ(first.spacing.value().between_rows, 0.7);
  EXPECT_EQ(first.slice_thickness, 5);
  EXPECT_EQ(first.laterality, "L");
  EXPECT_THAT(patient_position(first, 1, 1).value(), ElementsAre(1.7, 2.7, 3));
  EXPECT_EQ(second.spacing.value().between_rows, 0.9);
  EXPECT_EQ(second.laterality, "R");
  EXPECT_THAT(second.position.value(), ElementsAre(1, 2, 8));
  EXPECT_FALSE(third.position) << "the file has two items for three frames";
  EXPECT_EQ(third.spacing.value().between_rows, 0.7);
}

TEST(DicomScan, AnyChangedByteIsAnErrorOrReadAndNothingElse) {
  DicomMaker maker;
  maker.text(0x00080018, "UI", "1.2.3").sequence(0x00186011, {region(3, 3, 0.01)});
  maker.grey(2, 2, 8, 8, false, "MONOCHROME2", 2).sequence(0x52009229, {groups("", "0.7\\0.7", "L")});
  maker.sequence(0x52009230, {groups("1\\2\\3", "", "R"), groups("1\\2\\8", "0.9\\0.9", "")});
  const auto whole = maker.bytes(0x7FE00010, "OB", std::string(8, '\1')).file(kExplicit);
  for (std::size_t i = 128; i < whole->size(); ++i) {
    for (const unsigned mask : {0x01U, 0x80U, 0xFFU}) {
      auto changed = std::make_shared<std::vector<std::byte>>(*whole);
      (*changed)[i] ^= static_cast<std::byte>(mask);
      EXPECT_NO_FATAL_FAILURE(test::error_of([&] {
        const auto reader = open_frames(changed, "scan.dcm");
        for (int frame = 1; frame <= std::min(reader->frame_count(), 3); ++frame) reader->scan(frame);
      }));
    }
  }
}

TEST(DicomScan, PositionOfADataSetIsItsFirstFrames) {
  const auto reader = make_scan([](DicomMaker& m) { m.text(0x00200032, "DS", "1\\2\\3"); }, eight_bits, 2);
  EXPECT_TRUE(reader->scan(1)->geometry.position);
  EXPECT_FALSE(reader->scan(2)->geometry.position);
}

TEST(DicomScan, RealFiles) {
  const auto folder = tests::shared_dir() / "data" / "dicom" / "files";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "no shared data; the other tests of DicomScan are the same on files that they make";
  }
  const auto open = [&](const char* name) { return open_frames(read_bytes(folder / name), name); };
  // The values of pydicom.
  const auto enhanced = open("dcmqi__mf.dcm");
  ASSERT_EQ(enhanced->frame_count(), 3);
  EXPECT_THAT(enhanced->scan(1)->geometry.position.value(), ElementsAre(46.4649, 5.01881, -177.75));
  EXPECT_THAT(enhanced->scan(3)->geometry.position.value(), ElementsAre(46.4649, 5.01881, -172.75));
  EXPECT_EQ(enhanced->scan(2)->geometry.spacing.value().between_rows, 0.7);
  const auto prone = open("dicomParser__CT0012.not_fragmented_no_bot_jpeg_ls.80.dcm");
  EXPECT_THAT(prone->scan(2)->geometry.position.value(), ElementsAre(99.5, -301.5, -149));
  EXPECT_THAT(normal_of(prone->scan(2)->geometry.orientation.value()), ElementsAre(0, 0, -1));
  const auto mammogram = open("fo-dicom__OutOfBoundsOverlay.dcm")->scan(1).value();
  EXPECT_EQ(mammogram.geometry.spacing->source, SpacingSource::imager_pixel_spacing);
  EXPECT_EQ(mammogram.geometry.spacing->between_rows, 0.085);
  EXPECT_EQ(mammogram.geometry.laterality, "L");
  EXPECT_EQ(mammogram.geometry.body_part, "BREAST");
  EXPECT_EQ(mammogram.identity.burned_in_annotation, false);
  EXPECT_FALSE(open("pylibjpeg-data__RG1_J2KI.dcm")->scan(1)->geometry.spacing) << "0.000 mm";
  EXPECT_THAT(open("pydicom-data__color-px.dcm")->scan(1)->geometry.pixel_aspect_ratio.value(), ElementsAre(4, 3));
  EXPECT_FALSE(open("dcm4che__NM-MONO2-16-13x-heart.dcm")->scan(13)->geometry.position);
}

}  // namespace
}  // namespace fovea
