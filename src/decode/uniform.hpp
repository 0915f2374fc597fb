/// @file Random numbers that depend on nothing but their number.
#pragma once

#include <cstdint>

namespace fovea::decode {

/// One round of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, https://doi.org/10.1145/2660193.2660195).
constexpr std::uint64_t mix(std::uint64_t z) noexcept {
  z += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

/// Uniform in [0, 1), the same for the same three numbers: no generator is carried along, so that a draw depends
/// neither on the batch nor on what was drawn before.
constexpr double uniform(std::uint64_t seed, std::uint64_t stream, std::uint64_t position) noexcept {
  return static_cast<double>(mix(mix(mix(seed) ^ stream) ^ position) >> 11U) * 0x1p-53;
}

}  // namespace fovea::decode
