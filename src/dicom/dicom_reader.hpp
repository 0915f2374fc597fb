/// @file DICOM files as a source of frames.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "fovea/loader.hpp"

namespace fovea::dicom {

/// Whether the bytes carry the mark of a DICOM file behind a preamble.
bool has_dicom_mark(std::span<const std::uint8_t> bytes) noexcept;

/// Whether the bytes begin like a DICOM file without preamble, with or without a meta header.
bool begins_like_dicom(std::span<const std::uint8_t> bytes) noexcept;

/// Opens a DICOM file; frames are shown as LoadOptions::display says. All codecs decode at full resolution.
/// @throws Error: corrupt, unsupported.
std::unique_ptr<FrameReader> open_dicom(Bytes bytes, const std::string& name, const LoadOptions& options);

}  // namespace fovea::dicom
