/// @file N-grams of token ids as hash keys, shared by BLEU and CIDEr-D.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>

namespace fovea::metrics {

/// The longest n-gram that BLEU-4 and CIDEr-D look at.
inline constexpr std::size_t kMaxOrder = 4;

/// 1 to kMaxOrder token ids. The id type is the caller's: the ids are compared, never looked up.
struct Ngram {
  std::array<std::int64_t, kMaxOrder> ids{};  ///< the first `order` entries; the others are 0
  std::size_t order = 0;

  bool operator==(const Ngram&) const = default;
};

struct NgramHash {
  std::size_t operator()(const Ngram& ngram) const noexcept {
    std::uint64_t hash = ngram.order;
    for (std::size_t i = 0; i < ngram.order; ++i) {
      // The finalizer of splitmix64 (Steele et al. 2014): ids are small and dense, and the table needs all bits mixed.
      hash = (hash ^ static_cast<std::uint64_t>(ngram.ids[i])) + 0x9e3779b97f4a7c15U;
      hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
      hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
      hash ^= hash >> 31U;
    }
    return static_cast<std::size_t>(hash);
  }
};

using NgramCounts = std::unordered_map<Ngram, int, NgramHash>;

/// Counts all n-grams of order 1 to kMaxOrder.
inline NgramCounts count_ngrams(std::span<const std::int64_t> tokens) {
  NgramCounts counts;
  counts.reserve(kMaxOrder * tokens.size());
  for (std::size_t begin = 0; begin < tokens.size(); ++begin) {
    Ngram ngram;
    for (; ngram.order < std::min(kMaxOrder, tokens.size() - begin);) {
      ngram.ids[ngram.order] = tokens[begin + ngram.order];
      ++ngram.order;
      ++counts[ngram];
    }
  }
  return counts;
}

}  // namespace fovea::metrics
