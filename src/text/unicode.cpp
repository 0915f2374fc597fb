#include "text/unicode.hpp"

#include <array>
#include <cstddef>

#include "text/code_point_range.hpp"

namespace fovea::text {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

/// Blocks of letters, ascending, measured on Stanford's tokenizer. From U+0700 on the gaps between them are closed.
constexpr std::array<CodePointRange, 31> kLetters{
    {{U'A', U'Z'},     {U'a', U'z'},     {0xAA, 0xAA},     {0xAD, 0xAD},     {0xB5, 0xB5},     {0xBA, 0xBA},
     {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x37D},    {0x384, 0x481},   {0x483, 0x487},   {0x48A, 0x527},
     {0x531, 0x556},   {0x559, 0x587},   {0x591, 0x5F2},   {0x615, 0x6FF},   {0x70F, 0x1FFC},  {0x2071, 0x2071},
     {0x207F, 0x207F}, {0x2090, 0x209C}, {0x2102, 0x2184}, {0x2C00, 0x2DDE}, {0x3005, 0x3006}, {0x3031, 0x318E},
     {0x31A0, 0x31FF}, {0x3400, 0xD7FB}, {0xF900, 0xFDFB}, {0xFE70, 0xFEFC}, {0xFF10, 0xFF19}, {0xFF21, 0xFF3A},
     {0xFF41, 0xFFDC}}};

/// Ranges in which an upper case letter stands directly before its lower case.
constexpr std::array<CodePointRange, 13> kPairsEvenUpper{{{0x100, 0x137},
                                                          {0x14A, 0x177},
                                                          {0x1A0, 0x1A1},
                                                          {0x1DE, 0x1EF},
                                                          {0x1F8, 0x21F},
                                                          {0x222, 0x233},
                                                          {0x246, 0x24F},
                                                          {0x370, 0x373},
                                                          {0x460, 0x481},
                                                          {0x48A, 0x4BF},
                                                          {0x4D0, 0x52F},
                                                          {0x1E00, 0x1E95},
                                                          {0x1EA0, 0x1EFF}}};
constexpr std::array<CodePointRange, 5> kPairsOddUpper{
    {{0x139, 0x148}, {0x179, 0x17E}, {0x1AF, 0x1B0}, {0x1CD, 0x1DC}, {0x4C1, 0x4CE}}};

/// Ranges of upper case letters with a constant distance to their lower case.
struct Shift {
  char32_t first, last, distance;
};
constexpr std::array<Shift, 11> kShifts{{{U'A', U'Z', 32},
                                         {0xC0, 0xD6, 32},
                                         {0xD8, 0xDE, 32},
                                         {0x386, 0x386, 38},
                                         {0x388, 0x38A, 37},
                                         {0x38C, 0x38C, 64},
                                         {0x38E, 0x38F, 63},
                                         {0x391, 0x3A1, 32},
                                         {0x3A3, 0x3AB, 32},
                                         {0x400, 0x40F, 80},
                                         {0x410, 0x42F, 32}}};

}  // namespace

char32_t next_code_point(std::string_view bytes, std::size_t& position) noexcept {
  const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(bytes[i]); };
  const unsigned lead = byte(position++);
  if (lead < 0x80) return lead;
  unsigned rest = lead < 0xC2 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : 0;
  if (rest == 0) return kReplacement;
  // The second byte's range rules out encodings that could be shorter, surrogates, and what is above U+10FFFF.
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  char32_t value = lead & (0x3FU >> rest);
  for (; rest > 0; --rest) {
    if (position == bytes.size() || byte(position) < low || byte(position) > high) return kReplacement;
    value = (value << 6U) | (byte(position++) & 0x3FU);
    low = 0x80;
    high = 0xBF;
  }
  return value;
}

std::u32string decode_utf8(std::string_view bytes) {
  std::u32string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) text.push_back(next_code_point(bytes, i));
  return text;
}

std::string valid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) append_utf8(text, next_code_point(bytes, i));
  return text;
}

void append_utf8(std::string& bytes, char32_t c) {
  if (c > 0x10FFFF || (c >> 11U) == 0x1B) c = kReplacement;
  const auto tail = [&](unsigned shift) { bytes.push_back(static_cast<char>(0x80U | ((c >> shift) & 0x3FU))); };
  if (c < 0x80) {
    bytes.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    bytes.push_back(static_cast<char>(0xC0U | (c >> 6U)));
    tail(0);
  } else if (c < 0x10000) {
    bytes.push_back(static_cast<char>(0xE0U | (c >> 12U)));
    tail(6);
    tail(0);
  } else {
    bytes.push_back(static_cast<char>(0xF0U | (c >> 18U)));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_letter(char32_t c) noexcept { return within(kLetters, c); }

char32_t to_lower(char32_t c) noexcept {
  for (const auto& [first, last, distance] : kShifts)
    if (c >= first && c <= last) return c + distance;
  if (c == 0x130) return U'i';   // I with dot above has no partner in its range
  if (c == 0x178) return 0xFF;   // capital y with two dots came late to Unicode
  if (c == 0x1E9E) return 0xDF;  // and so did capital sharp s
  if (within(kPairsEvenUpper, c)) return c | 1U;
  if (within(kPairsOddUpper, c)) return c + (c & 1U);
  return c;
}

char32_t to_upper(char32_t c) noexcept {
  for (const auto& [first, last, distance] : kShifts)
    if (c >= first + distance && c <= last + distance) return c - distance;
  if (c == 0x131) return U'I';
  if (c == 0xFF) return 0x178;
  if (within(kPairsEvenUpper, c)) return c & ~static_cast<char32_t>(1);
  if (within(kPairsOddUpper, c)) return c - (1U - (c & 1U));
  return c;
}

}  // namespace fovea::text
