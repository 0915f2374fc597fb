/// @file Where the pixels of a frame lie in the patient.
#pragma once

#include <string>
#include <vector>

#include "dicom_out/source.hpp"

namespace fovea::dicom_out {

/// The items of the source that hold the attributes of a frame's plane (PS3.3, section C.7.6.2), each checked to be
/// complete. All are null when one is missing.
struct FrameGeometry {
  DcmItem* measures = nullptr;     ///< Pixel Spacing; Slice Thickness, Spacing Between Slices
  DcmItem* position = nullptr;     ///< Image Position (Patient)
  DcmItem* orientation = nullptr;  ///< Image Orientation (Patient)
  std::string missing;             ///< empty, or what the source lacks, as a sentence for its reader

  bool known() const noexcept { return missing.empty(); }
};

/// Of a source with a Frame of Reference, else nothing is known.
FrameGeometry frame_geometry(const Source& source, int frame);

/// Distance of pixels, row by row and column by column in mm, as the source has it in one of three attributes: Pixel
/// Spacing, else Imager Pixel Spacing, else Nominal Scanned Pixel Spacing; empty where it has none.
std::vector<double> pixel_spacing(const Source& source, int frame);

}  // namespace fovea::dicom_out
