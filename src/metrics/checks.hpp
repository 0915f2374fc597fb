/// @file What the metrics of highlighting refuse.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "fovea/error.hpp"

namespace fovea::metrics {

inline void require_any(const std::string& what, std::size_t found) {
  if (found == 0) throw Error(ErrorCode::usage, what + " is empty: expected at least one value");
}

inline void require_same_size(const std::string& what, std::size_t found, const std::string& than,
                              std::size_t expected) {
  require_any(what, found);
  if (found == expected) return;
  throw Error(ErrorCode::usage, what + " has " + std::to_string(found) + " values and " + than + " has " +
                                    std::to_string(expected) + ": expected as many");
}

inline void require_size(const std::string& what, std::size_t found, int width, int height) {
  if (width > 0 && height > 0 && found == static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) return;
  throw Error(ErrorCode::usage, what + " has " + std::to_string(found) + " values: expected width * height, which is " +
                                    std::to_string(width) + " * " + std::to_string(height) + ", and at least one");
}

template <typename Number>
void require_finite(const std::string& what, std::span<const Number> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    throw Error(ErrorCode::usage, "value " + std::to_string(i) + " of " + what + " is " + std::to_string(values[i]) +
                                      ": expected a finite number");
  }
}

template <typename Number>
void require_probabilities(const std::string& what, std::span<const Number> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0 && values[i] <= 1) continue;  // not so for NaN
    throw Error(ErrorCode::usage, "value " + std::to_string(i) + " of " + what + " is " + std::to_string(values[i]) +
                                      ": expected a probability from 0 to 1");
  }
}

}  // namespace fovea::metrics
