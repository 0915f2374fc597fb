/// @file What the readers of foreign preprocessing have in common.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "image/input_transform.hpp"
#include "text/json_section.hpp"

namespace fovea::nn {

using Triple = std::array<double, 3>;  ///< a value for each channel

/// The longest side that a configuration may ask for.
constexpr std::int64_t kLargestSide = 1 << 14;

/// Whether a key is there and not null.
inline bool given(text::JsonSection& section, const char* key) {
  return section.has(key) && !section.child(key).is_null();
}

/// A number for all channels, or one for each.
inline void read_triple(text::JsonSection& section, const char* key, double low, double high, Triple& values) {
  if (!given(section, key)) return;
  const text::OrderedJson& json = section.child(key);
  if (json.is_number()) {
    values.fill(section.number(key, low, high));
    return;
  }
  const bool fits = json.is_array() && json.size() == values.size() &&
                    std::all_of(json.begin(), json.end(), [&](const text::OrderedJson& value) {
                      return value.is_number() && value.get<double>() >= low && value.get<double>() <= high;
                    });
  if (!fits) {
    section.fail("'" + std::string(key) + "' is " + json.dump() + ", expected " + std::to_string(values.size()) +
                 " numbers from " + text::OrderedJson(low).dump() + " to " + text::OrderedJson(high).dump());
  }
  std::transform(json.begin(), json.end(), values.begin(),
                 [](const text::OrderedJson& value) { return value.get<double>(); });
}

/// Resizes to width x height, whatever the aspect.
inline void set_exact(image::InputTransform& transform, int width, int height) {
  transform.rule = image::ResizeRule::exact;
  transform.resize_width = width;
  transform.resize_height = height;
}

}  // namespace fovea::nn
