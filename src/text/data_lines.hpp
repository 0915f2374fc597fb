/// @file Data sets as JSONL: one object per line, each with an image of its own.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

namespace fovea::text {

/// Refuses the line that is being read. @throws Error: corrupt, with `what` and what was expected.
[[noreturn]] void refuse_line(const std::string& what, const char* expected);

/// The field "image" of a line. @throws Error: corrupt.
std::string image_of_line(const nlohmann::json& line, const char* expected);

/// Calls `read` with the objects of a file, in its order; blank lines are skipped.
/// @throws Error: io when the file cannot be read; corrupt, with file:line, when a line is no object, when `read`
///         refuses it, when an image is named twice, or when the file has no line at all.
void for_each_line(const std::filesystem::path& path, const char* expected,
                   const std::function<void(const nlohmann::json&)>& read);

}  // namespace fovea::text
