/// @file Arithmetic of points and directions in the patient.
#pragma once

#include <cmath>

#include "fovea/scan.hpp"

namespace fovea::image {

inline double dot(const Vector3& a, const Vector3& b) noexcept { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// a + b * factor
inline Vector3 add(const Vector3& a, const Vector3& b, double factor = 1) noexcept {
  return {a[0] + b[0] * factor, a[1] + b[1] * factor, a[2] + b[2] * factor};
}

inline double length(const Vector3& a) noexcept { return std::sqrt(dot(a, a)); }

}  // namespace fovea::image
