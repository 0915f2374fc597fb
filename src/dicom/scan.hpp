/// @file The attributes that place a frame.
#pragma once

#include "dicom/dataset.hpp"
#include "fovea/scan.hpp"

namespace fovea::dicom {

/// Frames, rows and columns are as the file states them, 1, 0 and 0 where it does not.
ScanIdentity read_identity(const Dataset& file);

/// Of frame `frame`, from 0. Functional groups win over the data set. A position of the data set is that of its first
/// frame.
ScanGeometry read_geometry(const Dataset& file, int frame);

}  // namespace fovea::dicom
