/// @file How many captions break off before they are finished.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::metrics {

/// Whether a word (lower case) is an English article, preposition or conjunction: a caption that ends in one most
/// likely lacks its last words, which is what training on a reward without an end token teaches. The list is closed
/// (ending.cpp). Words that are adverbs too ("plays outside", "looks on") count, so the share is an upper bound: 2.7%
/// of the captions that people wrote for Flickr8k end in such a word.
bool is_open_ending(std::string_view word) noexcept;

/// The share, from 0 to 1, of tokenized captions whose last word is_open_ending. An empty caption does not count as
/// one.
/// @throws Error: usage when there is no caption.
double open_ending_share(std::span<const std::vector<std::string>> captions);

}  // namespace fovea::metrics
