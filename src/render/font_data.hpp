/// @file The fonts that are part of the library.
#pragma once

#include <span>

namespace fovea::render {

/// DejaVu Sans and DejaVu Sans Bold as TrueType files (CMake finds them and names them to font_data.cpp).
std::span<const unsigned char> dejavu_sans() noexcept;
std::span<const unsigned char> dejavu_sans_bold() noexcept;

}  // namespace fovea::render
