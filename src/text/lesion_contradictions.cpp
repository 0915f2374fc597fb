#include "text/lesion_contradictions.hpp"

#include <array>
#include <set>
#include <sstream>
#include <string_view>

#include "text/lesion_words.hpp"

namespace fovea::text {
namespace {

using Words = std::set<std::string>;

constexpr std::array kPositions{LesionPosition::upper_left, LesionPosition::upper_right, LesionPosition::lower_left,
                                LesionPosition::lower_right, LesionPosition::centre};
constexpr std::array kSizes{LesionSize::small, LesionSize::medium, LesionSize::large};

Words words_of(std::string_view text) {
  std::istringstream in{std::string(text)};
  Words words;
  for (std::string word; in >> word;) words.insert(word);
  return words;
}

Words words_of(const LesionPosition& position) { return words_of(to_string(position)); }

Words words_of(const LesionSize& size) {
  auto words = words_of(to_string(size));
  if (size == LesionSize::medium) words.insert("medium-sized");
  return words;
}

Words words_of(const std::string& finding) {
  auto words = words_of(std::string_view(finding));
  words.merge(words_of(std::string_view(plural_of(finding))));
  return words;
}

/// Words of the others that `own` does not have.
template <typename Values, typename Value>
void add_others(const Values& all, const Value& own, Words& words) {
  const auto shared = words_of(own);
  for (const auto& value : all) {
    for (const auto& word : words_of(value)) {
      if (!shared.contains(word)) words.insert(word);
    }
  }
}

}  // namespace

std::vector<std::string> contradicting_words(const LesionFacts& facts, std::span<const std::string> findings) {
  Words words;
  if (facts.finding) add_others(findings, *facts.finding, words);
  if (facts.finding && !facts.finding->empty()) words.emplace("no");
  if (facts.position) add_others(kPositions, *facts.position, words);
  if (facts.size) add_others(kSizes, *facts.size, words);
  return {words.begin(), words.end()};
}

}  // namespace fovea::text
