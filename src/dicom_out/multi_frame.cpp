#include "dicom_out/multi_frame.hpp"

#include <array>
#include <cmath>
#include <cstdint>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/values.hpp"
#include "dicom_out/attributes.hpp"
#include "dicom_out/codes.hpp"
#include "dicom_out/common_modules.hpp"
#include "dicom_out/frame_geometry.hpp"
#include "dicom_out/references.hpp"

namespace fovea::dicom_out {
namespace {

/// Of two planes along the first one's normal, mm.
double distance(const FrameGeometry& a, const FrameGeometry& b) {
  const auto v = dicom::numbers(*a.orientation, DCM_ImageOrientationPatient);
  const auto from = dicom::numbers(*a.position, DCM_ImagePositionPatient);
  const auto to = dicom::numbers(*b.position, DCM_ImagePositionPatient);
  const std::array normal{v[1] * v[5] - v[2] * v[4], v[2] * v[3] - v[0] * v[5], v[0] * v[4] - v[1] * v[3]};
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) sum += normal[i] * (to[i] - from[i]);
  return std::abs(sum);
}

void put_orientation(DcmItem& groups, DcmItem& from) {
  copy(from, add_item(groups, DCM_PlaneOrientationSequence), DCM_ImageOrientationPatient);
}

bool same_text(DcmItem& a, DcmItem& b, std::initializer_list<DcmTagKey> tags) {
  for (const auto& tag : tags) {
    if (dicom::text(a, tag) != dicom::text(b, tag)) return false;
  }
  return true;
}

}  // namespace

Planes::Planes(const std::vector<FrameResult>& frames) : first_(&frames.front()) {
  const auto first = frame_geometry(*first_->source, first_->frame);
  for (const auto& result : frames) {
    const auto geometry = frame_geometry(*result.source, result.frame);
    if (!geometry.known()) {
      missing_ = result.source->name() + ": " + geometry.missing;
      return;
    }
    same_measures_ = same_measures_ && same_text(*first.measures, *geometry.measures,
                                                 {DCM_PixelSpacing, DCM_SliceThickness, DCM_SpacingBetweenSlices});
    if (&result == first_ + 1) distance_ = distance(first, geometry);
    same_orientation_ =
        same_orientation_ && same_text(*first.orientation, *geometry.orientation, {DCM_ImageOrientationPatient});
  }
}

void Planes::put_measures(DcmItem& groups, DcmItem& from) const {
  auto& item = add_item(groups, DCM_PixelMeasuresSequence);
  copy(from, item, DCM_PixelSpacing);
  // Some files have 0 here, which no viewer can use.
  for (const auto& tag : {DCM_SliceThickness, DCM_SpacingBetweenSlices}) {
    if (dicom::number(from, tag).value_or(0) > 0) copy(from, item, tag);
  }
  if (!dicom::number(item, DCM_SliceThickness) && distance_ > 0) {
    put(item, DCM_SliceThickness, decimal_string(distance_));
  }
}

void Planes::put_shared(DcmItem& groups) const {
  if (!missing_.empty()) return;
  const auto geometry = frame_geometry(*first_->source, first_->frame);
  if (same_measures_) put_measures(groups, *geometry.measures);
  if (same_orientation_) put_orientation(groups, *geometry.orientation);
}

void Planes::put_frame(DcmItem& groups, const FrameResult& result) const {
  if (!missing_.empty()) return;
  const auto geometry = frame_geometry(*result.source, result.frame);
  copy(*geometry.position, add_item(groups, DCM_PlanePositionSequence), DCM_ImagePositionPatient);
  if (!same_measures_) put_measures(groups, *geometry.measures);
  if (!same_orientation_) put_orientation(groups, *geometry.orientation);
}

void put_multi_frame(DcmDataset& object, const ResultContext& run, const Source& source, std::size_t frames) {
  put(object, DCM_InstanceNumber, "1");
  put_content_time(object, run);
  put(object, DCM_NumberOfFrames, std::to_string(frames));
  put_uint16(object, DCM_SamplesPerPixel, {1});
  put(object, DCM_PhotometricInterpretation, "MONOCHROME2");
  put_uint16(object, DCM_Rows, {static_cast<std::uint16_t>(source.rows())});
  put_uint16(object, DCM_Columns, {static_cast<std::uint16_t>(source.columns())});
}

void put_dimensions(DcmDataset& object, const ResultContext& run, bool segments) {
  const auto uid = run.uids.of("dimensions/" + dicom::text(object, DCM_SOPInstanceUID).value_or(""));
  put(add_item(object, DCM_DimensionOrganizationSequence), DCM_DimensionOrganizationUID, uid);
  const auto add = [&](const DcmTagKey& attribute, const DcmTagKey& group, const char* label) {
    auto& item = add_item(object, DCM_DimensionIndexSequence);
    item.putAndInsertTagKey(DCM_DimensionIndexPointer, attribute);
    item.putAndInsertTagKey(DCM_FunctionalGroupPointer, group);
    put(item, DCM_DimensionOrganizationUID, uid);
    put(item, DCM_DimensionDescriptionLabel, label);
  };
  add(DCM_StackID, DCM_FrameContentSequence, "Stack");
  add(DCM_InStackPositionNumber, DCM_FrameContentSequence, "Place in the stack");
  if (segments) add(DCM_ReferencedSegmentNumber, DCM_SegmentIdentificationSequence, "Segment");
}

void put_frame_content(DcmItem& groups, std::uint32_t place, std::uint32_t segment) {
  auto& item = add_item(groups, DCM_FrameContentSequence);
  put(item, DCM_StackID, "1");
  put_uint32(item, DCM_InStackPositionNumber, {place});
  if (segment == 0) {
    put_uint32(item, DCM_DimensionIndexValues, {1, place});
  } else {
    put_uint32(item, DCM_DimensionIndexValues, {1, place, segment});
  }
}

std::string derivation_description(DcmDataset& object, const ResultContext& run) {
  return fitted(object, derivation_text(run, "abnormal regions of the image"), kMaxText);
}

void put_derivation_image(DcmItem& groups, const std::string& description, const FrameResult& result) {
  auto& item = add_item(groups, DCM_DerivationImageSequence);
  put(item, DCM_DerivationDescription, description);
  add_code(item, DCM_DerivationCodeSequence, codes::kSegmentation);
  put_source_image(item, result);
}

}  // namespace fovea::dicom_out
