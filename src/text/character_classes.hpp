/// @file What Hugging Face's tokenizers ask about characters, answered from ICU.
///
/// They use tables of several Unicode versions: the byte-level pattern and case mapping the newest, BERT's categories
/// Unicode 8, its decomposition Unicode 9. ICU knows since when a character exists, so that newer ones can be left out
/// where they leave them out. ICU 72 knows Unicode 15: characters of later versions count as unassigned here.
#pragma once

#include <string>
#include <string_view>

namespace fovea::text {

enum class CharacterClass { letter, number, space, other };

/// The classes of the byte-level pattern: \p{L}, \p{N}, \s, and all else.
CharacterClass character_class(char32_t character) noexcept;

/// The property White_Space.
bool is_white_space(char32_t character) noexcept;

/// What a regular expression calls \w: letters, marks, decimal digits, connectors, joiners.
bool is_word_character(char32_t character) noexcept;

/// Control, format and private-use characters: what BERT removes, beside tab and the line ends.
bool is_bert_control(char32_t character) noexcept;

/// Punctuation, and all ASCII characters that are neither letters, digits, spaces nor controls.
bool is_bert_punctuation(char32_t character) noexcept;

/// Nonspacing marks: the accents that BERT strips.
bool is_bert_accent(char32_t character) noexcept;

/// Canonical decomposition (NFD) of Unicode 9, which BERT's accents are stripped from.
std::u32string decomposed(std::u32string_view text);

/// Appends a character's lower case, which does not depend on its neighbours; U+0130's is two characters.
void append_lower_case(std::u32string& text, char32_t character);

}  // namespace fovea::text
