/// @file Whether the pixels of a scan may show who the patient is.
#pragma once

#include <string_view>

#include "fovea/scan.hpp"

namespace fovea::image {

enum class BurnedIn {
  no,
  possible,  ///< the file does not say, and images of its kind often show names: ultrasound, endoscopy, captures
  yes
};

/// By what the file says and by its kind; pixels are not looked at.
BurnedIn burned_in(const ScanIdentity& identity) noexcept;

/// For people; empty where there is nothing to warn about.
std::string_view warning_of(BurnedIn burned_in) noexcept;

}  // namespace fovea::image
