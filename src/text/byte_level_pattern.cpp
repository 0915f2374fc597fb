#include "text/byte_level_pattern.hpp"

#include <algorithm>
#include <array>

#include "text/character_classes.hpp"
#include "text/unicode.hpp"

namespace fovea::text {
namespace {

constexpr std::array<std::string_view, 7> kContractions{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

constexpr bool is_visible(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD && byte <= 0xFF);
}

/// Symbols of all bytes: the invisible ones' follow each other from U+0100 on.
constexpr std::array<char32_t, 256> kSymbols = [] {
  std::array<char32_t, 256> symbols{};
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) symbols[byte] = is_visible(byte) ? char32_t{byte} : next++;
  return symbols;
}();

constexpr char32_t kSymbolEnd = 0x100 + 256 - 188;  // 188 bytes are visible

/// Bytes by symbol, -1 for what is none.
constexpr std::array<int, kSymbolEnd> kBytes = [] {
  std::array<int, kSymbolEnd> bytes{};
  bytes.fill(-1);
  for (unsigned byte = 0; byte < 256; ++byte) bytes[kSymbols[byte]] = static_cast<int>(byte);
  return bytes;
}();

CharacterClass class_at(std::string_view text, std::size_t& position) {
  return character_class(next_code_point(text, position));
}

/// Behind the characters of one class.
std::size_t run_end(std::string_view text, std::size_t begin, CharacterClass wanted) {
  for (std::size_t next = begin; begin < text.size(); begin = next)
    if (class_at(text, next) != wanted) break;
  return begin;
}

/// White space up to the text's end is one piece. Before other characters the last one is left to them, where it is
/// part of their piece if it is a plain space.
std::size_t space_end(std::string_view text, std::size_t begin) {
  std::size_t last = begin;  // where the last space character begins
  std::size_t end = begin;
  for (std::size_t next = begin; end < text.size(); end = next) {
    if (class_at(text, next) != CharacterClass::space) break;
    last = end;
  }
  return end == text.size() || last == begin ? end : last;
}

}  // namespace

std::size_t byte_level_piece_end(std::string_view text, std::size_t begin) noexcept {
  const auto rest = text.substr(begin);
  for (const auto contraction : kContractions)
    if (rest.starts_with(contraction)) return begin + contraction.size();

  std::size_t next = begin;
  auto found = class_at(text, next);
  std::size_t start = begin;
  if (text[begin] == ' ' && next < text.size()) {
    start = next;
    found = class_at(text, next);
  }
  return found == CharacterClass::space ? space_end(text, begin) : run_end(text, start, found);
}

bool is_contraction(std::string_view piece) noexcept {
  return std::find(kContractions.begin(), kContractions.end(), piece) != kContractions.end();
}

char32_t symbol_of_byte(unsigned char byte) noexcept { return kSymbols[byte]; }

std::string bytes_of_token(std::string_view token) {
  std::string bytes;
  bytes.reserve(token.size());
  for (std::size_t i = 0; i < token.size();) {
    const char32_t c = next_code_point(token, i);
    if (c >= kSymbolEnd || kBytes[c] < 0) return std::string(token);
    bytes.push_back(static_cast<char>(kBytes[c]));
  }
  return bytes;
}

}  // namespace fovea::text
