/// @file References to the images that a result was derived from.
#pragma once

#include <span>
#include <vector>

#include "dicom_out/result.hpp"

namespace fovea::dicom_out {

/// SOP class and instance of a frame's source, and the frame's number where the source has several.
void put_reference(DcmItem& item, const FrameResult& result);

/// Source Image Sequence: the frame, as the source of an image processing.
void put_source_image(DcmItem& item, const FrameResult& result);

/// Referenced Series Sequence of the Common Instance Reference module: each instance once.
void put_referenced_instances(DcmItem& item, const std::vector<FrameResult>& results);

/// Checks that the results can be of one object: some, frames that their sources have, one study, one size, one Frame
/// of Reference, and findings of that size.
/// @throws Error: usage, naming the file that differs.
void check_results(std::span<const FrameResult> results);

}  // namespace fovea::dicom_out
