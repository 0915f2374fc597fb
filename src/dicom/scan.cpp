#include "dicom/scan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/values.hpp"
#include "image/vector3.hpp"

namespace fovea::dicom {
namespace {

using image::dot;

/// Lengths and coordinates beyond this many mm are no anatomy.
constexpr double kFarthest = 1e6;

bool is_length(double value) { return value > 0 && value <= kFarthest; }

std::optional<double> length(DcmItem& item, const DcmTagKey& tag) {
  const auto value = number(item, tag);
  return value && is_length(*value) ? value : std::nullopt;
}

std::optional<int> whole_number(DcmItem& item, const DcmTagKey& tag) {
  const auto value = integer(item, tag);
  if (!value || std::abs(*value) > std::numeric_limits<int>::max()) return std::nullopt;
  return static_cast<int>(*value);
}

std::optional<PixelSpacing> spacing_of(DcmItem& item, const DcmTagKey& tag, SpacingSource source) {
  const auto values = numbers(item, tag);
  if (values.size() < 2 || !is_length(values[0]) || !is_length(values[1])) return std::nullopt;
  return PixelSpacing{.between_rows = values[0], .between_columns = values[1], .source = source};
}

/// PS3.3, section C.8.5.5. Several regions, or one of a part of the image, leave open what lies where.
std::optional<PixelSpacing> ultrasound_spacing(DcmItem& attributes) {
  auto* region = sequence_item(attributes, DCM_SequenceOfUltrasoundRegions, 0);
  if (region == nullptr || sequence_item(attributes, DCM_SequenceOfUltrasoundRegions, 1) != nullptr)
    return std::nullopt;
  constexpr long kCentimetres = 3;
  if (integer(*region, DCM_PhysicalUnitsXDirection) != kCentimetres ||
      integer(*region, DCM_PhysicalUnitsYDirection) != kCentimetres) {
    return std::nullopt;
  }
  const auto side = [&](const DcmTagKey& low, const DcmTagKey& high) {
    const auto from = number(*region, low), to = number(*region, high);
    return from && to && *to > *from ? *to - *from + 1 : 0;
  };
  const double area =
      side(DCM_RegionLocationMinX0, DCM_RegionLocationMaxX1) * side(DCM_RegionLocationMinY0, DCM_RegionLocationMaxY1);
  const double image = number(attributes, DCM_Rows).value_or(0) * number(attributes, DCM_Columns).value_or(0);
  const auto x = length(*region, DCM_PhysicalDeltaX), y = length(*region, DCM_PhysicalDeltaY);
  if (!x || !y || 2 * area < image) return std::nullopt;
  return PixelSpacing{.between_rows = *y * 10, .between_columns = *x * 10, .source = SpacingSource::ultrasound_region};
}

std::optional<PixelSpacing> read_spacing(const Dataset& file, int frame) {
  auto& attributes = file.attributes();
  auto& measures = file.group_of(DCM_PixelMeasuresSequence, frame);
  auto& properties = file.group_of(DCM_FramePixelDataPropertiesSequence, frame);
  for (auto* item : {&measures, static_cast<DcmItem*>(&attributes)}) {
    if (auto spacing = spacing_of(*item, DCM_PixelSpacing, SpacingSource::pixel_spacing)) return spacing;
  }
  for (auto* item : {&properties, static_cast<DcmItem*>(&attributes)}) {
    if (auto spacing = spacing_of(*item, DCM_ImagerPixelSpacing, SpacingSource::imager_pixel_spacing)) return spacing;
  }
  if (auto spacing =
          spacing_of(attributes, DCM_NominalScannedPixelSpacing, SpacingSource::nominal_scanned_pixel_spacing)) {
    return spacing;
  }
  return ultrasound_spacing(attributes);
}

std::optional<ScanOrientation> read_orientation(const Dataset& file, int frame) {
  const auto values = numbers(file.group_of(DCM_PlaneOrientationSequence, frame), DCM_ImageOrientationPatient);
  if (values.size() != 6) return std::nullopt;
  const ScanOrientation orientation{.along_row = {values[0], values[1], values[2]},
                                    .along_column = {values[3], values[4], values[5]}};
  constexpr double kTolerance = 0.01;  // files round to few digits
  const auto& [row, column] = orientation;
  const bool valid = std::abs(dot(row, row) - 1) < kTolerance && std::abs(dot(column, column) - 1) < kTolerance &&
                     std::abs(dot(row, column)) < kTolerance;
  return valid ? std::optional(orientation) : std::nullopt;
}

std::optional<Vector3> read_position(const Dataset& file, int frame) {
  auto& plane = file.group_of(DCM_PlanePositionSequence, frame);
  if (frame > 0 && &plane == &file.attributes()) return std::nullopt;
  const auto values = numbers(plane, DCM_ImagePositionPatient);
  const bool valid = values.size() == 3 && std::all_of(values.begin(), values.end(),
                                                       [](double value) { return std::abs(value) <= kFarthest; });
  return valid ? std::optional(Vector3{values[0], values[1], values[2]}) : std::nullopt;
}

std::string read_laterality(const Dataset& file, int frame) {
  auto& anatomy = file.group_of(DCM_FrameAnatomySequence, frame);
  for (const auto& value :
       {short_text(anatomy, DCM_FrameLaterality), short_text(file.attributes(), DCM_ImageLaterality),
        short_text(file.attributes(), DCM_Laterality)}) {
    if (value == "L" || value == "R" || value == "B" || value == "U") return value;
  }
  return {};
}

std::string read_body_part(const Dataset& file, int frame) {
  auto part = short_text(file.attributes(), DCM_BodyPartExamined);
  if (!part.empty()) return part;
  auto* region = sequence_item(file.group_of(DCM_FrameAnatomySequence, frame), DCM_AnatomicRegionSequence, 0);
  if (region == nullptr) region = sequence_item(file.attributes(), DCM_AnatomicRegionSequence, 0);
  return region == nullptr ? std::string() : short_text(*region, DCM_CodeMeaning);
}

std::optional<std::array<int, 2>> read_aspect_ratio(DcmItem& attributes) {
  const auto values = numbers(attributes, DCM_PixelAspectRatio);
  const bool valid = values.size() == 2 && std::all_of(values.begin(), values.end(), [](double value) {
                       return value >= 1 && value <= 65535 && value == std::floor(value);
                     });
  if (!valid) return std::nullopt;
  return std::array{static_cast<int>(values[0]), static_cast<int>(values[1])};
}

}  // namespace

ScanIdentity read_identity(const Dataset& file) {
  auto& attributes = file.attributes();
  ScanIdentity identity{.study_uid = short_text(attributes, DCM_StudyInstanceUID),
                        .series_uid = short_text(attributes, DCM_SeriesInstanceUID),
                        .sop_uid = short_text(attributes, DCM_SOPInstanceUID),
                        .sop_class_uid = short_text(attributes, DCM_SOPClassUID),
                        .modality = short_text(attributes, DCM_Modality),
                        .instance_number = whole_number(attributes, DCM_InstanceNumber),
                        .acquisition_number = whole_number(attributes, DCM_AcquisitionNumber),
                        .frames = std::max(1, whole_number(attributes, DCM_NumberOfFrames).value_or(1)),
                        .rows = whole_number(attributes, DCM_Rows).value_or(0),
                        .columns = whole_number(attributes, DCM_Columns).value_or(0)};
  const auto burned_in = text(attributes, DCM_BurnedInAnnotation);
  if (burned_in == "YES" || burned_in == "NO") identity.burned_in_annotation = burned_in == "YES";
  return identity;
}

ScanGeometry read_geometry(const Dataset& file, int frame) {
  auto& measures = file.group_of(DCM_PixelMeasuresSequence, frame);
  return {.spacing = read_spacing(file, frame),
          .slice_thickness = length(measures, DCM_SliceThickness),
          .spacing_between_slices = length(measures, DCM_SpacingBetweenSlices),
          .orientation = read_orientation(file, frame),
          .position = read_position(file, frame),
          .pixel_aspect_ratio = read_aspect_ratio(file.attributes()),
          .frame_of_reference_uid = short_text(file.attributes(), DCM_FrameOfReferenceUID),
          .laterality = read_laterality(file, frame),
          .body_part = read_body_part(file, frame)};
}

}  // namespace fovea::dicom
