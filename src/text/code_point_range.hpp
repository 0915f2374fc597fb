/// @file Tables of Unicode blocks.
#pragma once

#include <algorithm>
#include <iterator>

namespace fovea::text {

struct CodePointRange {
  char32_t first, last;  // both inclusive
};

/// Whether `c` is in one of `ranges`, which are ascending.
template <typename Ranges>
bool within(const Ranges& ranges, char32_t c) noexcept {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t value, const CodePointRange& range) { return value < range.first; });
  return after != ranges.begin() && c <= std::prev(after)->last;
}

}  // namespace fovea::text
