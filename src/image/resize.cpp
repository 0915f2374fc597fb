// cv::resize is not used: its INTER_LINEAR and INTER_CUBIC do not widen the kernel when they shrink, so they alias, and
// models are trained on pixels that Pillow resized. The arithmetic here (coefficients in double, then 22-bit fixed
// point, rounded to 8 bits between the two passes) is Pillow's, so the results are equal.
#include "image/resize.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

#include "fovea/error.hpp"

// One binary runs on every x86-64, and the inner loops take AVX2 where the machine has it. The arithmetic is in
// integers: both give the same values. Sanitizers instrument the resolvers before they are set up, so they get the
// plain loops.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define FOVEA_MULTIVERSION __attribute__((target_clones("avx2", "default")))
#else
#define FOVEA_MULTIVERSION
#endif

namespace fovea::image {
namespace {

constexpr int kChannels = 3;
constexpr int kFractionBits = 32 - 8 - 2;  // 8 bits of pixel, 2 of headroom for the overshoot of the cubic
constexpr std::int32_t kHalf = 1 << (kFractionBits - 1);

/// Where each output sample takes its input from: `taps` coefficients from input sample `first` on.
struct Kernel {
  struct Window {
    int first = 0;
    int taps = 0;
  };
  std::vector<Window> windows;             // one per output sample
  std::vector<std::int32_t> coefficients;  // stride per output sample; unused ones are 0
  int stride = 0;

  const std::int32_t* of(int output) const { return coefficients.data() + static_cast<std::size_t>(output) * stride; }
};

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double keys_cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

Kernel make_kernel(int input, int output, Filter filter) {
  const auto weight = filter == Filter::bilinear ? triangle : keys_cubic;
  const double radius = filter == Filter::bilinear ? 1.0 : 2.0;
  const double scale = static_cast<double>(input) / output;
  const double stretch = std::max(scale, 1.0);
  const double support = radius * stretch;

  Kernel kernel;
  kernel.stride = static_cast<int>(std::ceil(support)) * 2 + 1;
  kernel.windows.resize(static_cast<std::size_t>(output));
  kernel.coefficients.resize(static_cast<std::size_t>(output) * kernel.stride);
  std::vector<double> weights(static_cast<std::size_t>(kernel.stride));
  for (int i = 0; i < output; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int last = std::min(static_cast<int>(centre + support + 0.5), input);
    const int taps = last - first;
    double sum = 0;
    for (int k = 0; k < taps; ++k) {
      weights[k] = weight((k + first - centre + 0.5) * (1.0 / stretch));
      sum += weights[k];
    }
    std::int32_t* out = kernel.coefficients.data() + static_cast<std::size_t>(i) * kernel.stride;
    for (int k = 0; k < taps; ++k) {
      const double fixed = (sum != 0 ? weights[k] / sum : weights[k]) * (1 << kFractionBits);
      out[k] = static_cast<std::int32_t>(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    kernel.windows[i] = {first, taps};
  }
  return kernel;
}

inline std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

/// One row: `in` has `width` pixels, `out` one pixel per window of the kernel. Pixels are summed four bytes at a time
/// (R, G, B and a byte that is thrown away), so `in` must be readable one byte beyond its last pixel.
FOVEA_MULTIVERSION void resize_row(const std::uint8_t* in, const Kernel& kernel, std::uint8_t* out) {
  using Bytes4 = std::uint8_t __attribute__((vector_size(4)));
  using Lanes = std::int32_t __attribute__((vector_size(16)));
  const int outputs = static_cast<int>(kernel.windows.size());
  const std::int32_t* coefficients = kernel.coefficients.data();
  for (int x = 0; x < outputs; ++x, coefficients += kernel.stride, out += kChannels) {
    const auto [first, taps] = kernel.windows[x];
    const std::uint8_t* pixel = in + static_cast<std::size_t>(first) * kChannels;
    Lanes sum = {kHalf, kHalf, kHalf, kHalf};
    for (int k = 0; k < taps; ++k, pixel += kChannels) {
      Bytes4 bytes;
      std::memcpy(&bytes, pixel, sizeof bytes);
      sum += __builtin_convertvector(bytes, Lanes) * coefficients[k];
    }
    for (int c = 0; c < kChannels; ++c) out[c] = to_byte(sum[c]);
  }
}

/// A run of `count` values of one output row from `taps` input rows that are `pitch` bytes apart.
FOVEA_MULTIVERSION void mix_rows(const std::uint8_t* in, std::size_t pitch, const std::int32_t* coefficients, int taps,
                                 std::uint8_t* out, std::size_t count) {
  constexpr std::size_t kBlock = 64;  // sums of a block stay in registers
  std::size_t x = 0;
  for (; x + kBlock <= count; x += kBlock) {
    std::array<std::int32_t, kBlock> sums;
    sums.fill(kHalf);
    for (int k = 0; k < taps; ++k) {
      const std::uint8_t* row = in + static_cast<std::size_t>(k) * pitch + x;
      const std::int32_t coefficient = coefficients[k];
      for (std::size_t i = 0; i < kBlock; ++i) sums[i] += row[i] * coefficient;
    }
    for (std::size_t i = 0; i < kBlock; ++i) out[x + i] = to_byte(sums[i]);
  }
  for (; x < count; ++x) {
    std::int32_t sum = kHalf;
    for (int k = 0; k < taps; ++k) sum += in[static_cast<std::size_t>(k) * pitch + x] * coefficients[k];
    out[x] = to_byte(sum);
  }
}

void check_sizes(const Image& image, int width, int height) {
  if (width <= 0 || height <= 0) {
    throw Error(ErrorCode::usage, "cannot resize to " + std::to_string(width) + " x " + std::to_string(height) +
                                      " pixels: both sides must be at least 1");
  }
  if (image.width <= 0 || image.height <= 0 ||
      image.pixels.size() != static_cast<std::size_t>(image.width) * image.height * kChannels) {
    throw Error(ErrorCode::usage, "cannot resize an image of " + std::to_string(image.width) + " x " +
                                      std::to_string(image.height) + " pixels with " +
                                      std::to_string(image.pixels.size()) + " values: expected width * height * 3");
  }
}

using Pixels = std::vector<std::uint8_t>;

/// `in` has `rows` rows of `width` pixels, the result as many of `new_width`.
Pixels resize_rows(const Pixels& in, int width, int rows, int new_width, Filter filter) {
  const Kernel kernel = make_kernel(width, new_width, filter);
  const std::size_t in_pitch = static_cast<std::size_t>(width) * kChannels;
  const std::size_t out_pitch = static_cast<std::size_t>(new_width) * kChannels;
  Pixels out(out_pitch * rows);
  for (int y = 0; y + 1 < rows; ++y) resize_row(in.data() + y * in_pitch, kernel, out.data() + y * out_pitch);
  // Nothing may be read behind the last row.
  Pixels last_row(in.end() - static_cast<std::ptrdiff_t>(in_pitch), in.end());
  last_row.push_back(0);
  resize_row(last_row.data(), kernel, out.data() + out.size() - out_pitch);
  return out;
}

/// `in` has `rows` rows of `width` pixels, the result `new_rows`.
Pixels resize_columns(const Pixels& in, int width, int rows, int new_rows, Filter filter) {
  const Kernel kernel = make_kernel(rows, new_rows, filter);
  const std::size_t pitch = static_cast<std::size_t>(width) * kChannels;
  Pixels out(pitch * new_rows);
  for (int y = 0; y < new_rows; ++y) {
    const auto [first, taps] = kernel.windows[y];
    mix_rows(in.data() + first * pitch, pitch, kernel.of(y), taps, out.data() + y * pitch, pitch);
  }
  return out;
}

}  // namespace

Image resize(const Image& image, int width, int height, Filter filter) {
  check_sizes(image, width, height);
  Image result{.width = image.width, .height = image.height, .pixels = {}, .geometry = image.geometry};
  const auto source = [&]() -> const Pixels& { return result.pixels.empty() ? image.pixels : result.pixels; };
  const auto horizontal = [&] {
    if (width != result.width) result.pixels = resize_rows(source(), result.width, result.height, width, filter);
    result.width = width;
  };
  const auto vertical = [&] {
    if (height != result.height) result.pixels = resize_columns(source(), result.width, result.height, height, filter);
    result.height = height;
  };
  // The order matters where the cubic overshoots and is cut off. This is Pillow 13's; before, horizontal came first
  // always.
  const bool vertical_first = image.height > height && image.height - height > (std::int64_t{image.width} - width) * 2;
  if (vertical_first) {
    vertical();
    horizontal();
  } else {
    horizontal();
    vertical();
  }
  if (result.pixels.empty()) result.pixels = image.pixels;
  return result;
}

}  // namespace fovea::image
