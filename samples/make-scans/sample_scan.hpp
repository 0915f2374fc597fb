/// @file DICOM files of the pictures in samples/scans, as an ultrasound system would have written them.
#pragma once

#include <filesystem>
#include <string>

#include "fovea/image.hpp"

namespace fovea::samples {

/// How many invented patients there are.
inline constexpr int kMaxPatients = 9;

/// Writes a picture as an Ultrasound Image of its own patient, study and series. Nothing is claimed that the picture
/// does not tell: no spacing, no side of the body, no scanner. The same arguments give the same bytes.
/// @param picture grey, or so near to it that the mean of the channels is the image; 1 to 65535 pixels each way
/// @param name of the picture: what its UIDs are made of
/// @param patient number of the invented patient, 1 to kMaxPatients: "Sample^One", "FOVEA-SAMPLE-1"
/// @throws Error: usage (patient, size), io.
void write_sample_scan(const std::filesystem::path& path, const Image& picture, const std::string& name, int patient);

}  // namespace fovea::samples
