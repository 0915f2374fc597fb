#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "text/ptb_tokenizer.hpp"
#include "text/unicode.hpp"

namespace fovea::text {
namespace {

using namespace std::string_view_literals;

/// Where a token stands between its neighbours.
enum class Spacing { both, none_before, none_after };

Spacing spacing_of(std::string_view word) noexcept {
  static constexpr std::array kNoneBefore{"'s"sv,  "'m"sv, "'d"sv,    "'re"sv,   "'ve"sv,  "'ll"sv,
                                          "n't"sv, "%"sv,  "-rrb-"sv, "-rsb-"sv, "-rcb-"sv};
  static constexpr std::array kNoneAfter{"$"sv,     "us$"sv, "#"sv,  "-lrb-"sv, "-lsb-"sv,
                                         "-lcb-"sv, "y'"sv,  "d'"sv, "l'"sv,    "j'"sv};
  if (std::find(kNoneBefore.begin(), kNoneBefore.end(), word) != kNoneBefore.end()) return Spacing::none_before;
  if (std::find(kNoneAfter.begin(), kNoneAfter.end(), word) != kNoneAfter.end()) return Spacing::none_after;
  return Spacing::both;
}

/// Whether the tokenizer made these two out of one word.
bool was_one_word(std::string_view first, std::string_view second) noexcept {
  static constexpr std::array kPairs{
      std::pair{"can"sv, "not"sv}, std::pair{"gon"sv, "na"sv}, std::pair{"got"sv, "ta"sv}, std::pair{"wan"sv, "na"sv},
      std::pair{"lem"sv, "me"sv},  std::pair{"gim"sv, "me"sv}, std::pair{"'t"sv, "is"sv},  std::pair{"'t"sv, "was"sv}};
  return std::find(kPairs.begin(), kPairs.end(), std::pair{first, second}) != kPairs.end();
}

std::string_view spelling_of(std::string_view word) noexcept {
  static constexpr std::array kSpellings{std::pair{"-lrb-"sv, "("sv}, std::pair{"-rrb-"sv, ")"sv},
                                         std::pair{"-lsb-"sv, "["sv}, std::pair{"-rsb-"sv, "]"sv},
                                         std::pair{"-lcb-"sv, "{"sv}, std::pair{"-rcb-"sv, "}"sv},
                                         std::pair{"i"sv, "I"sv}};
  const auto found =
      std::find_if(kSpellings.begin(), kSpellings.end(), [word](const auto& e) { return e.first == word; });
  return found == kSpellings.end() ? word : found->second;
}

}  // namespace

std::string to_sentence(const std::vector<std::string>& words) {
  std::string sentence;
  std::string_view previous;
  for (const auto& word : words) {
    if (word.empty()) continue;
    const bool joined = sentence.empty() || spacing_of(word) == Spacing::none_before ||
                        spacing_of(previous) == Spacing::none_after || was_one_word(previous, word);
    if (!joined) sentence += ' ';
    sentence += spelling_of(word);
    previous = word;
  }
  if (sentence.empty()) return sentence;

  std::u32string text = decode_utf8(sentence);
  text.front() = to_upper(text.front());
  if (U".!?"sv.find(text.back()) == std::u32string_view::npos) text += U'.';
  sentence.clear();
  for (const char32_t c : text) append_utf8(sentence, c);
  return sentence;
}

}  // namespace fovea::text
