/// @file Configurations that come with foreign models, and may be hostile.
#pragma once

#include <string>

#include "text/json_section.hpp"

namespace fovea::text {

/// Parses a configuration, in linear time, and keeps the order of its keys. OrderedJson copies and prints by recursion
/// and looks for a key among all others, so what nests over 64 objects and arrays, has an object of over 30,000 keys or
/// over 200,000 values in all is refused. The largest that is known, of the 21,841 classes of ImageNet, names each
/// twice.
/// @param source is used in messages
/// @throws Error: model.
OrderedJson parse_configuration(const std::string& document, const std::string& source);

}  // namespace fovea::text
