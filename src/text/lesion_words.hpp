/// @file Words that sentences about lesions are made of and read by.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace fovea::text {

/// How many lesions there are, from 1; the last word stands for more too.
inline constexpr std::array<std::string_view, 5> kCountWords{"one", "two", "three", "four", "several"};

/// Counts over it are not told apart.
inline constexpr int kMostCounted = static_cast<int>(kCountWords.size());

/// @param count at least 1
constexpr std::string_view count_word(int count) noexcept {
  return kCountWords[static_cast<std::size_t>(std::min(count, kMostCounted)) - 1];
}

/// "polyps", "masses", "anomalies": the regular plural of the last word.
inline std::string plural_of(std::string_view singular) {
  const auto ends_with = [&](std::string_view end) { return singular.ends_with(end); };
  std::string plural(singular);
  if (ends_with("s") || ends_with("x") || ends_with("ch") || ends_with("sh")) return plural + "es";
  const bool after_consonant =
      singular.size() > 1 && std::string_view("aeiou").find(singular[singular.size() - 2]) == std::string_view::npos;
  if (ends_with("y") && after_consonant) return plural.replace(plural.size() - 1, 1, "ies");
  return plural + "s";
}

}  // namespace fovea::text
