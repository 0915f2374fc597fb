/// @file Random numbers of training: the same in every standard library, seeded from where in a run they are drawn.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace fovea::train {

/// One seed out of several numbers (splitmix64's finaliser).
inline std::uint64_t mix(std::initializer_list<std::uint64_t> numbers) {
  std::uint64_t h = 0x9e3779b97f4a7c15U;
  for (const auto n : numbers) {
    h = (h ^ n) * 0xbf58476d1ce4e5b9U;
    h ^= h >> 27;
    h *= 0x94d049bb133111ebU;
    h ^= h >> 31;
  }
  return h;
}

/// A permutation by Fisher and Yates; std::shuffle differs between standard libraries.
inline std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(seed);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

/// A number from `low` to `high`; std::uniform_real_distribution differs between standard libraries.
inline double uniform(std::mt19937_64& random, double low, double high) {
  return low + (high - low) * static_cast<double>(random() >> 11) * 0x1.0p-53;
}

}  // namespace fovea::train
