/// @file Volumes as NIfTI-1 files (https://nifti.nimh.nih.gov/nifti-1), compressed.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

namespace fovea::io {

/// Where voxels lie in the patient: DICOM coordinates (LPS: x to the left, y to the back, z to the head), in mm. The
/// centre of the voxel in column i, row j, slice k lies at origin + i * column_step + j * row_step + k * slice_step.
struct VolumeAffine {
  std::array<double, 3> origin{};
  std::array<double, 3> column_step{1, 0, 0};  ///< from one column to the next: along a row of the image
  std::array<double, 3> row_step{0, 1, 0};     ///< from one row to the next
  std::array<double, 3> slice_step{0, 0, 1};   ///< from one slice to the next
};

struct Volume {
  int columns = 0;
  int rows = 0;
  int slices = 0;
  std::optional<VolumeAffine> affine{};  ///< nothing: where it lies is not known, voxels of 1 mm are assumed
};

/// rows * columns values of slice k (from 0), row by row from the top.
using SliceSource = std::function<std::vector<float>(int k)>;

/// Writes a volume of float32 (.nii.gz), one slice after the other: no more than one is asked for and kept at a time.
/// `threads` compress it; the file does not depend on their number.
/// The voxel (i, j, k) of the file is column i, row j, slice k. NIfTI's coordinates are RAS: the x and y of the affine
/// are turned round. It is written as sform, and as qform too when its steps are at right angles, which a tilted
/// gantry's are not.
/// @throws Error: usage (no voxel; an affine with a value that is not finite, or whose steps lie in a plane),
///   unsupported (a side over 32767, which the format cannot say), internal (a slice with another number of values, or
///   with one that is not finite), io, and what `slice` throws; the file appears only when it is complete.
void write_nifti(const std::filesystem::path& path, const Volume& volume, const SliceSource& slice, int threads = 1);

}  // namespace fovea::io
