/// @file Shapes of tensors in messages.
#pragma once

#include <sstream>
#include <string>

#include <c10/util/ArrayRef.h>

namespace fovea::nn {

/// "[2, 3]"
inline std::string shape_text(c10::IntArrayRef shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

}  // namespace fovea::nn
