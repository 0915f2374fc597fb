/// @file The order of slices, and what is wrong with it.
#pragma once

#include "fovea/series.hpp"

namespace fovea::dicom {

/// Puts the slices of a series in order, which have one orientation, and says what they make: Slice::location,
/// Series::slice_spacing and notices.
void put_in_order(Series& series);

}  // namespace fovea::dicom
