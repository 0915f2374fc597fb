/// @file Colour tables by name.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::render {

/// 256 colours (R, G, B), from the lowest value to the highest.
using ColorTable = std::array<std::array<std::uint8_t, 3>, 256>;

/// The names that color_table() knows, the default first.
std::vector<std::string> colormap_names();

/// @throws Error: usage for a name that is not in colormap_names().
ColorTable color_table(std::string_view name);

}  // namespace fovea::render
