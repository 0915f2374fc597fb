#include "text/bert_normalizer.hpp"

#include <array>
#include <cstddef>

#include "text/character_classes.hpp"
#include "text/code_point_range.hpp"
#include "text/unicode.hpp"

namespace fovea::text {
namespace {

/// What BERT takes for Chinese: blocks of the standard by definition, not by a property.
constexpr std::array<CodePointRange, 8> kIdeographs{{{0x3400, 0x4DBF},
                                                     {0x4E00, 0x9FFF},
                                                     {0xF900, 0xFAFF},
                                                     {0x20000, 0x2A6DF},
                                                     {0x2A700, 0x2B73F},
                                                     {0x2B740, 0x2B81F},
                                                     {0x2B920, 0x2CEAF},
                                                     {0x2F800, 0x2FA1F}}};

void append_cleaned(std::u32string& text, char32_t c, const BertNormalizer& rules) {
  if (rules.clean) {
    if (c == 0 || c == 0xFFFD || is_bert_control(c)) return;
    if (is_white_space(c)) c = U' ';
  }
  const bool is_apart = rules.space_ideographs && c >= kIdeographs.front().first && within(kIdeographs, c);
  if (is_apart) text.push_back(U' ');
  text.push_back(c);
  if (is_apart) text.push_back(U' ');
}

}  // namespace

std::string BertNormalizer::operator()(std::string_view text) const {
  std::u32string cleaned;
  cleaned.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) append_cleaned(cleaned, next_code_point(text, i), *this);

  const bool strips = strip_accents.value_or(lower_case);
  if (strips) cleaned = decomposed(cleaned);
  std::u32string kept;
  kept.reserve(cleaned.size());
  for (const char32_t c : cleaned) {
    if (strips && c >= 0x80 && is_bert_accent(c)) continue;
    if (lower_case)
      append_lower_case(kept, c);
    else
      kept.push_back(c);
  }
  std::string result;
  result.reserve(kept.size());
  for (const char32_t c : kept) append_utf8(result, c);
  return result;
}

void for_each_bert_word(std::string_view text, const std::function<void(std::string_view)>& use) {
  std::size_t begin = 0;  // of the word at hand
  const auto finish = [&](std::size_t end) {
    if (begin < end) use(text.substr(begin, end - begin));
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t here = i;
    const char32_t c = next_code_point(text, i);
    const bool is_mark = is_bert_punctuation(c);
    if (!is_mark && !is_white_space(c)) continue;
    finish(here);
    if (is_mark) use(text.substr(here, i - here));
    begin = i;
  }
  finish(text.size());
}

}  // namespace fovea::text
