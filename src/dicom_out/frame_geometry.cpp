#include "dicom_out/frame_geometry.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>

#include "dicom/values.hpp"

namespace fovea::dicom_out {
namespace {

bool is_spacing(const std::vector<double>& values) {
  return values.size() == 2 && std::ranges::all_of(values, [](double mm) { return mm > 0; });
}

/// Two unit vectors at a right angle, within what rounding to a few decimals makes of them.
bool is_orientation(const std::vector<double>& v) {
  if (v.size() != 6) return false;
  constexpr double kTolerance = 1e-2;
  const auto dot = [&v](std::size_t a, std::size_t b) {
    return v[a] * v[b] + v[a + 1] * v[b + 1] + v[a + 2] * v[b + 2];
  };
  return std::abs(dot(0, 0) - 1) < kTolerance && std::abs(dot(3, 3) - 1) < kTolerance &&
         std::abs(dot(0, 3)) < kTolerance;
}

}  // namespace

FrameGeometry frame_geometry(const Source& source, int frame) {
  const auto unknown = [](std::string missing) {
    FrameGeometry geometry;
    geometry.missing = std::move(missing);
    return geometry;
  };
  if (!source.frame_of_reference_uid()) return unknown("it has no Frame of Reference UID");
  DcmItem& top = source.attributes();
  // Attributes of the data set itself hold for an image of one frame only.
  const auto item_of = [&](const DcmTagKey& macro) {
    auto* item = source.functional_group(macro, frame);
    return item == nullptr && source.frames() == 1 ? &top : item;
  };
  FrameGeometry geometry{.measures = item_of(DCM_PixelMeasuresSequence),
                         .position = item_of(DCM_PlanePositionSequence),
                         .orientation = item_of(DCM_PlaneOrientationSequence),
                         .missing = {}};
  if (geometry.measures == nullptr || !is_spacing(dicom::numbers(*geometry.measures, DCM_PixelSpacing))) {
    return unknown("it has no Pixel Spacing of this frame");
  }
  if (geometry.position == nullptr || dicom::numbers(*geometry.position, DCM_ImagePositionPatient).size() != 3) {
    return unknown("it has no Image Position (Patient) of this frame");
  }
  if (geometry.orientation == nullptr ||
      !is_orientation(dicom::numbers(*geometry.orientation, DCM_ImageOrientationPatient))) {
    return unknown("it has no Image Orientation (Patient) of this frame, or one that is not of two unit vectors");
  }
  return geometry;
}

std::vector<double> pixel_spacing(const Source& source, int frame) {
  DcmItem& top = source.attributes();
  if (auto* item = source.functional_group(DCM_PixelMeasuresSequence, frame)) {
    if (auto spacing = dicom::numbers(*item, DCM_PixelSpacing); is_spacing(spacing)) return spacing;
  }
  for (const auto& tag : {DCM_PixelSpacing, DCM_ImagerPixelSpacing, DCM_NominalScannedPixelSpacing}) {
    if (auto spacing = dicom::numbers(top, tag); is_spacing(spacing)) return spacing;
  }
  return {};
}

}  // namespace fovea::dicom_out
