/// @file What a DICOM file says of its images: which ones they are and where in the patient they lie. Nothing that
/// tells who the patient is, beside the UIDs.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace fovea {

/// A point (mm) or a direction in patient coordinates: x to the patient's left, y to the back, z to the head (LPS).
using Vector3 = std::array<double, 3>;

/// Which attribute says how large pixels are.
enum class SpacingSource {
  pixel_spacing,                  ///< in the patient
  imager_pixel_spacing,           ///< at the detector of a projection: what it shows is smaller
  nominal_scanned_pixel_spacing,  ///< on the film or paper that was scanned
  ultrasound_region               ///< of the only region, which covers half of the image or more; holds within it only
};

/// The attribute's keyword: "PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing",
/// "SequenceOfUltrasoundRegions".
std::string_view to_string(SpacingSource source) noexcept;

/// Distances between the centres of neighbouring pixels, mm.
struct PixelSpacing {
  double between_rows = 0;
  double between_columns = 0;
  SpacingSource source = SpacingSource::pixel_spacing;
};

/// Image Orientation (Patient): unit vectors, at right angles.
struct ScanOrientation {
  Vector3 along_row{};     ///< where x grows
  Vector3 along_column{};  ///< where y grows
};

/// Their cross product, of length 1.
Vector3 normal_of(const ScanOrientation& orientation) noexcept;

/// Where the pixels of a frame lie. What a file does not say, or says wrongly (spacing of 0, an orientation that is
/// none), is absent.
struct ScanGeometry {
  std::optional<PixelSpacing> spacing{};
  std::optional<double> slice_thickness{};         ///< mm
  std::optional<double> spacing_between_slices{};  ///< mm, as the file states it; positions tell better
  std::optional<ScanOrientation> orientation{};
  std::optional<Vector3> position{};                       ///< of the centre of the first pixel
  std::optional<std::array<int, 2>> pixel_aspect_ratio{};  ///< height : width of a pixel, where there is no spacing
  std::string frame_of_reference_uid{};  ///< positions of images with the same one can be compared; may be empty
  std::string laterality{};              ///< "L", "R", "B" (both), "U" (unpaired) or empty
  std::string body_part{};               ///< such as "BREAST"; may be empty
};

/// Which image it is. Texts are empty where the file does not say.
struct ScanIdentity {
  std::string study_uid{};
  std::string series_uid{};
  std::string sop_uid{};
  std::string sop_class_uid{};
  std::string modality{};  ///< such as "CT" or "US"
  std::optional<int> instance_number{};
  std::optional<int> acquisition_number{};
  int frames = 1;
  int rows = 0;
  int columns = 0;
  std::optional<bool> burned_in_annotation{};  ///< whether the pixels show who the patient is
};

/// What a DICOM file says of one of its frames.
struct Scan {
  ScanIdentity identity;
  ScanGeometry geometry;
};

/// Patient coordinates of a point of a frame; (0, 0) is the centre of the first pixel, x counts columns, y rows (PS3.3,
/// section C.7.6.2.1.1). Nothing unless the frame has a position, an orientation and PixelSpacing.
std::optional<Vector3> patient_position(const ScanGeometry& geometry, double x, double y) noexcept;

}  // namespace fovea
