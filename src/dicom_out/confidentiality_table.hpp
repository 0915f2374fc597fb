/// @file Table E.1-1 of PS3.15 (2026c), column of the Basic Application Level Confidentiality Profile.
#pragma once

#include <cstdint>

namespace fovea::dicom_out {

/// What the profile does with an attribute. Where the table leaves a choice by what the object needs, the one is taken
/// that keeps every object valid: a value rather than an empty one, an empty one rather than none.
enum class ProfileAction {
  keep,     ///< K, or not in the table
  remove,   ///< X
  empty,    ///< Z, X/Z
  replace,  ///< D, Z/D, X/D, X/Z/D: a dummy value
  uids      ///< U, X/Z/U*: UIDs, or those in the items of a sequence, are replaced
};

/// @param tag group in the upper 16 bits, element in the lower
ProfileAction profile_action(std::uint32_t tag) noexcept;

}  // namespace fovea::dicom_out
