/// @file Which input samples an output sample of a resized row or column is made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/resize.hpp"

namespace fovea::image {

/// A run of samples of a row or column.
struct Samples {
  int first = 0;
  int count = 0;
};

/// Where each output sample takes its input from. The arithmetic (coefficients in double, then 22-bit fixed point) is
/// Pillow's.
struct ResampleKernel {
  static constexpr int kFractionBits = 32 - 8 - 2;  ///< 8 bits of pixel, 2 of headroom for the overshoot of the cubic

  std::vector<Samples> windows;            ///< of the input, one per output sample
  std::vector<std::int32_t> coefficients;  ///< stride per output sample; unused ones are 0
  int stride = 0;

  const std::int32_t* of(int output) const { return coefficients.data() + static_cast<std::size_t>(output) * stride; }
  /// All input samples that are used.
  Samples extent() const;
};

/// The kernel of the samples `wanted` of an output of `output` samples.
ResampleKernel make_kernel(int input, int output, Filter filter, Samples wanted);

/// Filter::nearest: the number of the input sample that each wanted output sample is.
std::vector<int> nearest_samples(int input, int output, Samples wanted);

}  // namespace fovea::image
