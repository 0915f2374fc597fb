/// @file Few vectors that stand for many.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace fovea::train {

/// A random linear map to fewer dimensions, in which distances stay about the same (Johnson and Lindenstrauss 1984).
/// @param vectors float32 [N, D]   @return float32 [N, dimensions], or the vectors where they have no more than that
at::Tensor random_projection(const at::Tensor& vectors, std::int64_t dimensions, std::uint64_t seed);

/// Rows of `count` of the vectors such that each of all vectors has one near (greedy k-centre: Gonzalez 1985; Sener and
/// Savarese 2018): the first row, then always the one farthest from those chosen so far. Fewer where vectors are equal.
/// @param vectors float32 [N, D], N and count at least 1
/// @param go_on called now and then with the number chosen so far; false ends the search
std::vector<std::int64_t> greedy_coreset(const at::Tensor& vectors, std::int64_t count,
                                         const std::function<bool(std::int64_t chosen)>& go_on = {});

}  // namespace fovea::train
