#include "text/character_classes.hpp"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace fovea::text {
namespace {

constexpr std::uint32_t kPunctuation = U_GC_P_MASK;
constexpr std::uint32_t kControl = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK;

UChar32 icu(char32_t c) { return static_cast<UChar32>(c); }

/// Whether the character is in Unicode since `version` or earlier.
bool exists_in(char32_t c, std::uint8_t version) {
  UVersionInfo age;  // NOLINT(cppcoreguidelines-init-variables): an out parameter
  u_charAge(icu(c), age);
  return age[0] != 0 && age[0] <= version;
}

/// The general category, as a mask, that the character had in Unicode 8.
std::uint32_t category_in_unicode_8(char32_t c) {
  switch (c) {  // the categories that were changed since
    case 0x166D:
      return U_GC_PO_MASK;
    case 0x1734:
      return U_GC_MN_MASK;
    case 0x1885:
    case 0x1886:
      return U_GC_LO_MASK;
    case 0xA9BD:
      return U_GC_MC_MASK;
    case 0x111C9:
      return U_GC_PO_MASK;
    default:
      return exists_in(c, 8) ? U_GET_GC_MASK(icu(c)) : U_GC_CN_MASK;
  }
}

std::uint8_t combining_class(char32_t c) { return exists_in(c, 9) ? u_getCombiningClass(icu(c)) : std::uint8_t{0}; }

/// Sorts each run of marks by combining class: the canonical order.
void put_in_canonical_order(std::u32string& text) {
  const auto is_mark = [](char32_t c) { return combining_class(c) != 0; };
  for (auto begin = std::find_if(text.begin(), text.end(), is_mark); begin != text.end();) {
    const auto end = std::find_if_not(begin, text.end(), is_mark);
    std::stable_sort(begin, end, [](char32_t a, char32_t b) { return combining_class(a) < combining_class(b); });
    begin = std::find_if(end, text.end(), is_mark);
  }
}

void append_decomposition(const UNormalizer2* nfd, char32_t c, std::u32string& text) {
  std::array<UChar, 32> units{};  // the longest has 4 characters
  UErrorCode status = U_ZERO_ERROR;
  const auto length =
      nfd == nullptr || !exists_in(c, 9)
          ? -1
          : unorm2_getDecomposition(nfd, icu(c), units.data(), static_cast<std::int32_t>(units.size()), &status);
  if (length < 0 || U_FAILURE(status) != 0) {
    text.push_back(c);
    return;
  }
  for (std::int32_t i = 0; i < length;) {
    UChar32 part = 0;
    U16_NEXT(units.data(), i, length, part);
    text.push_back(static_cast<char32_t>(part));
  }
}

}  // namespace

CharacterClass character_class(char32_t c) noexcept {
  const auto category = U_GET_GC_MASK(icu(c));
  if ((category & U_GC_L_MASK) != 0) return CharacterClass::letter;
  if ((category & U_GC_N_MASK) != 0) return CharacterClass::number;
  return is_white_space(c) ? CharacterClass::space : CharacterClass::other;
}

bool is_white_space(char32_t c) noexcept { return u_isUWhiteSpace(icu(c)) != 0; }

bool is_word_character(char32_t c) noexcept {
  constexpr std::uint32_t kCategories = U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK;
  return u_isUAlphabetic(icu(c)) != 0 || (U_GET_GC_MASK(icu(c)) & kCategories) != 0 ||
         u_hasBinaryProperty(icu(c), UCHAR_JOIN_CONTROL) != 0;
}

bool is_bert_control(char32_t c) noexcept {
  return c != U'\t' && c != U'\n' && c != U'\r' && (category_in_unicode_8(c) & kControl) != 0;
}

bool is_bert_punctuation(char32_t c) noexcept {
  if (c < 0x80) return u_isgraph(icu(c)) != 0 && u_isalnum(icu(c)) == 0;
  return (category_in_unicode_8(c) & kPunctuation) != 0;
}

bool is_bert_accent(char32_t c) noexcept { return (category_in_unicode_8(c) & U_GC_MN_MASK) != 0; }

std::u32string decomposed(std::u32string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* nfd = unorm2_getNFDInstance(&status);
  if (U_FAILURE(status) != 0) nfd = nullptr;
  std::u32string result;
  result.reserve(text.size() + text.size() / 4);
  bool is_ascii = true;
  for (const char32_t c : text) {
    is_ascii = is_ascii && c < 0x80;
    if (c < 0x80)
      result.push_back(c);
    else
      append_decomposition(nfd, c, result);
  }
  if (!is_ascii) put_in_canonical_order(result);
  return result;
}

void append_lower_case(std::u32string& text, char32_t c) {
  if (c == 0x130) {  // the one character whose full mapping differs from its simple one
    text += U"i\u0307";
    return;
  }
  text.push_back(c < 0x80 ? (c >= U'A' && c <= U'Z' ? c + 32 : c) : static_cast<char32_t>(u_tolower(icu(c))));
}

}  // namespace fovea::text
