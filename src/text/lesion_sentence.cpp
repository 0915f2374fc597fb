#include "text/lesion_sentence.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "fovea/error.hpp"
#include "text/lesion_words.hpp"

namespace fovea::text {
namespace {

void check(const LesionFacts& facts) {
  const auto need = [](bool there, const std::string& what) {
    if (!there) throw Error(ErrorCode::usage, "a sentence about a lesion needs its " + what);
  };
  need(facts.finding.has_value(), "finding, or an empty one");
  if (facts.finding->empty()) return;
  need(facts.count.value_or(0) >= 1, "count, at least 1");
  need(facts.position.has_value(), "position");
  need(facts.size.has_value(), "size");
  need(facts.shape.has_value(), "shape");
}

std::string with_article(const std::string& words) {
  const bool vowel = std::string_view("aeiou").find(words.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + words;
}

/// @param text without its full stop
std::string finished(std::string text) {
  text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text + '.';
}

std::array<std::string, kLesionPhrasings> phrase_nothing() {
  return {"no lesion is seen", "the image shows no lesion", "there is no lesion in the image",
          "no lesion can be seen in the image", "no lesion is visible"};
}

std::array<std::string, kLesionPhrasings> phrase_one(const LesionFacts& facts) {
  const std::string& finding = *facts.finding;
  const std::string place = "in the " + std::string(to_string(*facts.position));
  const std::string size(to_string(*facts.size));
  const std::string shape(to_string(*facts.shape));
  const std::string sized = *facts.size == LesionSize::medium ? "medium-sized" : size;
  const std::string whole = with_article(sized + ' ' + shape + ' ' + finding);
  return {whole + ' ' + place + " of the image", "the image shows " + whole + ' ' + place,
          "there is " + with_article(shape + ' ' + finding) + " of " + size + " size " + place + " of the image",
          place + " of the image lies " + whole,
          with_article(sized + ' ' + finding) + " of " + shape + " shape is seen " + place + " of the image"};
}

std::array<std::string, kLesionPhrasings> phrase_several(const LesionFacts& facts) {
  const std::string many = std::string(count_word(*facts.count)) + ' ' + plural_of(*facts.finding);
  const std::string place = "in the " + std::string(to_string(*facts.position)) + " of the image";
  const std::string shape(to_string(*facts.shape));
  const std::string sized = *facts.size == LesionSize::medium ? "medium-sized" : std::string(to_string(*facts.size));
  const std::string largest = *facts.count == 2 ? "the larger one" : "the largest one";
  const std::string is = " is " + sized + " and " + shape;
  return {many + " are seen and " + largest + is + " and lies " + place,
          "the image shows " + many + " and " + largest + is + ' ' + place,
          "there are " + many + " and " + largest + ' ' + place + is,
          "of " + many + ' ' + largest + " lies " + place + " and" + is,
          many + " are visible and " + largest + " lies " + place + " and is " + shape + " and " + sized};
}

}  // namespace

std::vector<std::string> lesion_sentences(const LesionFacts& facts) {
  check(facts);
  const auto phrases = facts.finding->empty() ? phrase_nothing()
                       : *facts.count == 1    ? phrase_one(facts)
                                              : phrase_several(facts);
  std::vector<std::string> sentences(phrases.size());
  std::transform(phrases.begin(), phrases.end(), sentences.begin(), finished);
  return sentences;
}

std::string lesion_sentence(const LesionFacts& facts) { return lesion_sentences(facts).front(); }

}  // namespace fovea::text
