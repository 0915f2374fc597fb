/// @file The windows that a file states.
#pragma once

#include <vector>

#include "dicom/dataset.hpp"
#include "fovea/dicom.hpp"

namespace fovea::dicom {

/// Whether a window shows anything: LINEAR is at least 1 wide, the others wider than 0.
bool is_valid(const Window& window);

/// The windows that an item has itself, in its order.
std::vector<Window> windows_of(DcmItem& item);

/// The windows of the data set, in its order; those of the functional groups of frame `frame`, from 0, when it has
/// none.
std::vector<Window> read_windows(const Dataset& file, int frame);

/// Window `index` of them, from 1.
/// @throws Error: usage when it is not there or shows nothing.
Window find_window(const Dataset& file, int frame, int index);

}  // namespace fovea::dicom
