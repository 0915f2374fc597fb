/// @file Deflated data sets (PS3.5, section A.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fovea::dicom {

/// Inflates a raw deflate stream.
/// @throws Error: corrupt (damaged or cut), unsupported (more than `max_bytes` come out).
std::vector<std::uint8_t> inflate(std::span<const std::uint8_t> bytes, std::size_t max_bytes, const std::string& name);

}  // namespace fovea::dicom
