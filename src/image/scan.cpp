#include "fovea/scan.hpp"

#include "image/vector3.hpp"

namespace fovea {
std::string_view to_string(SpacingSource source) noexcept {
  switch (source) {
    case SpacingSource::pixel_spacing:
      return "PixelSpacing";
    case SpacingSource::imager_pixel_spacing:
      return "ImagerPixelSpacing";
    case SpacingSource::nominal_scanned_pixel_spacing:
      return "NominalScannedPixelSpacing";
    case SpacingSource::ultrasound_region:
      break;
  }
  return "SequenceOfUltrasoundRegions";
}

Vector3 normal_of(const ScanOrientation& orientation) noexcept {
  const auto& [a, b] = orientation;
  const Vector3 cross{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  return image::add({}, cross, 1 / image::length(cross));
}

std::optional<Vector3> patient_position(const ScanGeometry& geometry, double x, double y) noexcept {
  const auto& spacing = geometry.spacing;
  const auto& orientation = geometry.orientation;
  if (!spacing || spacing->source != SpacingSource::pixel_spacing || !orientation || !geometry.position) {
    return std::nullopt;
  }
  const auto row = image::add(*geometry.position, orientation->along_column, spacing->between_rows * y);
  return image::add(row, orientation->along_row, spacing->between_columns * x);
}

}  // namespace fovea
