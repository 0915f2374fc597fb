/// @file JSON from files that may be hostile.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace fovea::io {

/// Parses JSON that nests at most `max_depth` objects and arrays and names nothing twice in one object, which
/// nlohmann::json would silently merge.
/// @param fail is told what is wrong, and throws
nlohmann::json parse_strict_json(std::string_view text, int max_depth,
                                 const std::function<void(const std::string& what)>& fail);

}  // namespace fovea::io
