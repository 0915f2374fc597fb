#include "metrics/ending.hpp"

#include <algorithm>
#include <array>

#include "fovea/error.hpp"

namespace fovea::metrics {
namespace {

/// Each list is in byte order.
constexpr std::array<std::string_view, 3> kArticles{"a", "an", "the"};
/// Coordinating and subordinating.
constexpr std::array<std::string_view, 19> kConjunctions{
    "although", "and",    "as",     "because", "but",   "if",      "nor",     "or",    "so", "than",
    "that",     "though", "unless", "when",    "where", "whereas", "whether", "while", "yet"};
/// Of one word. Participles ("following") and marginal ones ("minus", "notwithstanding") are left out.
constexpr std::array<std::string_view, 64> kPrepositions{
    "aboard",  "about",   "above",   "across", "after",      "against", "along",  "alongside", "amid",       "among",
    "amongst", "around",  "as",      "at",     "atop",       "before",  "behind", "below",     "beneath",    "beside",
    "besides", "between", "beyond",  "by",     "despite",    "down",    "during", "except",    "for",        "from",
    "in",      "inside",  "into",    "like",   "near",       "of",      "off",    "on",        "onto",       "opposite",
    "out",     "outside", "over",    "past",   "per",        "round",   "since",  "through",   "throughout", "till",
    "to",      "toward",  "towards", "under",  "underneath", "unlike",  "until",  "up",        "upon",       "versus",
    "via",     "with",    "within",  "without"};

template <typename List>
bool contains(const List& list, std::string_view word) noexcept {
  return std::binary_search(list.begin(), list.end(), word);
}

}  // namespace

bool is_open_ending(std::string_view word) noexcept {
  return contains(kArticles, word) || contains(kConjunctions, word) || contains(kPrepositions, word);
}

double open_ending_share(std::span<const std::vector<std::string>> captions) {
  if (captions.empty()) throw Error(ErrorCode::usage, "the share of open endings needs at least one caption, got none");
  const auto open = std::count_if(captions.begin(), captions.end(), [](const std::vector<std::string>& words) {
    return !words.empty() && is_open_ending(words.back());
  });
  return static_cast<double>(open) / static_cast<double>(captions.size());
}

}  // namespace fovea::metrics
