#include "image/resample_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fovea::image {
namespace {

double sinc(double x) {
  if (x == 0) return 1;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double box(double x) { return x > -0.5 && x <= 0.5 ? 1 : 0; }

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double windowed_by_hamming(double x) {
  x = std::abs(x);
  if (x == 0) return 1;
  if (x >= 1) return 0;
  return sinc(x) * (0.54 + 0.46 * std::cos(x * std::numbers::pi));
}

double keys_cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double lanczos(double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0; }

struct Shape {
  double (*weight)(double x);  ///< x in input samples
  double radius;               ///< beyond which the weight is 0
};

Shape shape_of(Filter filter) {
  switch (filter) {
    case Filter::lanczos:
      return {lanczos, 3.0};
    case Filter::bicubic:
      return {keys_cubic, 2.0};
    case Filter::hamming:
      return {windowed_by_hamming, 1.0};
    case Filter::box:
    case Filter::nearest:
      return {box, 0.5};
    case Filter::bilinear:
      break;
  }
  return {triangle, 1.0};
}

}  // namespace

Samples ResampleKernel::extent() const {
  const Samples& last = windows.back();
  return {windows.front().first, last.first + last.count - windows.front().first};
}

ResampleKernel make_kernel(int input, int output, Filter filter, Samples wanted) {
  const Shape shape = shape_of(filter);
  const double scale = static_cast<double>(input) / output;
  const double stretch = std::max(scale, 1.0);
  const double support = shape.radius * stretch;

  ResampleKernel kernel;
  kernel.stride = static_cast<int>(std::ceil(support)) * 2 + 1;
  kernel.windows.resize(static_cast<std::size_t>(wanted.count));
  kernel.coefficients.resize(static_cast<std::size_t>(wanted.count) * kernel.stride);
  std::vector<double> weights(static_cast<std::size_t>(kernel.stride));
  for (int i = 0; i < wanted.count; ++i) {
    const double centre = (wanted.first + i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int last = std::min(static_cast<int>(centre + support + 0.5), input);
    const int taps = last - first;
    double sum = 0;
    for (int k = 0; k < taps; ++k) {
      weights[k] = shape.weight((k + first - centre + 0.5) * (1.0 / stretch));
      sum += weights[k];
    }
    std::int32_t* out = kernel.coefficients.data() + static_cast<std::size_t>(i) * kernel.stride;
    for (int k = 0; k < taps; ++k) {
      const double fixed = (sum != 0 ? weights[k] / sum : weights[k]) * (1 << ResampleKernel::kFractionBits);
      out[k] = static_cast<std::int32_t>(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    kernel.windows[i] = {first, taps};
  }
  return kernel;
}

std::vector<int> nearest_samples(int input, int output, Samples wanted) {
  // Pillow adds the step up, and its rounding errors with it.
  const double step = static_cast<double>(input) / output;
  double at = step * 0.5;
  for (int i = 0; i < wanted.first; ++i) at += step;
  std::vector<int> samples(static_cast<std::size_t>(wanted.count));
  for (int& sample : samples) {
    sample = std::min(static_cast<int>(at), input - 1);
    at += step;
  }
  return samples;
}

}  // namespace fovea::image
