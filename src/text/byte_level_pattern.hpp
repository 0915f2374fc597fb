/// @file The division of a text that byte-level BPE starts from, and its alphabet (GPT-2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fovea::text {

/// Where the piece ends that begins at `begin`, inside `text`. Pieces are what GPT-2's pattern matches:
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// Bytes that are no UTF-8 count as U+FFFD.
std::size_t byte_level_piece_end(std::string_view text, std::size_t begin) noexcept;

/// Whether a piece is "'s", "'t", "'re", "'ve", "'m", "'ll" or "'d".
bool is_contraction(std::string_view piece) noexcept;

/// The character that stands for a byte in the vocabulary: itself where it is visible, else one from U+0100 on.
char32_t symbol_of_byte(unsigned char byte) noexcept;

/// The bytes that a token of the vocabulary stands for; a token with other characters in it stands for its own.
std::string bytes_of_token(std::string_view token);

}  // namespace fovea::text
