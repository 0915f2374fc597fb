/// @file Nearest neighbours by Euclidean distance.
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace fovea::nn {

/// A set of vectors to search in by comparing with each. Immutable, thread-safe; memory stays bounded however many
/// vectors are looked up at once.
class NearestNeighbours {
 public:
  /// @param vectors float32 [M, D], M at least 1
  explicit NearestNeighbours(const at::Tensor& vectors);

  struct Result {
    at::Tensor distance;  ///< float32 [N]
    at::Tensor index;     ///< int64 [N], row of the nearest vector
  };
  /// The nearest vector of each query. @param queries float32 [N, D]
  Result nearest(const at::Tensor& queries) const;

  /// Rows of the `count` (1 to M) vectors nearest to each query: int64 [N, count], nearest first.
  at::Tensor neighbours(const at::Tensor& queries, std::int64_t count) const;

  /// float32 [M, D], as given
  const at::Tensor& vectors() const noexcept { return vectors_; }

 private:
  /// Squared distances less what all rows of a query share. @param queries [n, D]   @return [n, M]
  at::Tensor order(const at::Tensor& queries) const;
  std::int64_t chunk() const noexcept;

  at::Tensor vectors_;
  at::Tensor centre_;   // [D]
  at::Tensor centred_;  // [D, M], less the centre: short vectors lose few digits in products
  at::Tensor squares_;  // [M], squared lengths of the centred
};

}  // namespace fovea::nn
