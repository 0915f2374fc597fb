/// @file The item files of a report.
#pragma once

#include <string>
#include <string_view>

#include "render/report_page.hpp"

namespace fovea::render {

/// Name of the files of an item: 16 hex digits of a digest over its name and frame.
std::string item_id(const std::string& name, int frame);

/// Whether a file name without its extension may be one that item_id() made.
bool is_item_id(std::string_view stem) noexcept;

/// An item as JSON. Strings that are not UTF-8 are repaired (U+FFFD).
std::string item_to_json(const PageItem& item);

/// @param file names the text in messages
/// @throws Error: corrupt.
PageItem item_from_json(std::string_view json, const std::string& file);

}  // namespace fovea::render
