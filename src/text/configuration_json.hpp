/// @file Configurations that come with foreign models, and may be hostile.
#pragma once

#include <string>

#include "text/json_section.hpp"

namespace fovea::text {

/// Parses a configuration. OrderedJson copies and prints by recursion and takes quadratic time for large objects, so
/// what nests over 64 objects and arrays, has an object of over 30,000 keys or over 200,000 values in all is refused
/// before one is made. The largest that is known, of the 21,841 classes of ImageNet, has 43,682 values.
/// @param source is used in messages
/// @throws Error: model.
OrderedJson parse_configuration(const std::string& document, const std::string& source);

}  // namespace fovea::text
