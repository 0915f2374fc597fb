// cv::resize is not used: its INTER_LINEAR and INTER_CUBIC do not widen the kernel when they shrink, so they alias, and
// models are trained on pixels that Pillow resized. The arithmetic here (22-bit fixed point, rounded to 8 bits between
// the two passes) is Pillow's, so the results are equal.
#include "image/resize.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "fovea/error.hpp"
#include "image/resample_kernel.hpp"

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
constexpr int kFractionBits = ResampleKernel::kFractionBits;
constexpr std::int32_t kHalf = 1 << (kFractionBits - 1);

using Pixels = std::vector<std::uint8_t>;

/// A rectangle of pixels within an image.
struct PixelView {
  const std::uint8_t* pixels = nullptr;
  std::size_t pitch = 0;  ///< bytes from one row to the next
  int width = 0;
  int rows = 0;

  const std::uint8_t* row(int y) const { return pixels + static_cast<std::size_t>(y) * pitch; }
  PixelView part(Samples columns, Samples lines) const {
    return {row(lines.first) + static_cast<std::size_t>(columns.first) * kChannels, pitch, columns.count, lines.count};
  }
};

PixelView view(const Pixels& pixels, int width, int rows) {
  return {pixels.data(), static_cast<std::size_t>(width) * kChannels, width, rows};
}

inline std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

/// One row: `in` begins at the kernel's input sample `offset`, `out` has one pixel per window of the kernel. Pixels are
/// summed four bytes at a time (R, G, B and a byte that is thrown away), so `in` must be readable one byte beyond its
/// last pixel.
FOVEA_MULTIVERSION void resize_row(const std::uint8_t* in, const ResampleKernel& kernel, int offset,
                                   std::uint8_t* out) {
  using Bytes4 = std::uint8_t __attribute__((vector_size(4)));
  using Lanes = std::int32_t __attribute__((vector_size(16)));
  const int outputs = static_cast<int>(kernel.windows.size());
  const std::int32_t* coefficients = kernel.coefficients.data();
  for (int x = 0; x < outputs; ++x, coefficients += kernel.stride, out += kChannels) {
    const auto [first, taps] = kernel.windows[x];
    const std::uint8_t* pixel = in + static_cast<std::size_t>(first - offset) * kChannels;
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

/// Each row of `in`, which begins at the kernel's input sample `offset`, resized.
Pixels resize_rows(const PixelView& in, const ResampleKernel& kernel, int offset) {
  const std::size_t out_pitch = kernel.windows.size() * kChannels;
  Pixels out(out_pitch * static_cast<std::size_t>(in.rows));
  for (int y = 0; y + 1 < in.rows; ++y) resize_row(in.row(y), kernel, offset, out.data() + y * out_pitch);
  // Nothing may be read behind the last row.
  const std::uint8_t* last = in.row(in.rows - 1);
  Pixels last_row(last, last + static_cast<std::size_t>(in.width) * kChannels);
  last_row.push_back(0);
  resize_row(last_row.data(), kernel, offset, out.data() + out.size() - out_pitch);
  return out;
}

/// Each column of `in`, which begins at the kernel's input sample `offset`, resized.
Pixels resize_columns(const PixelView& in, const ResampleKernel& kernel, int offset) {
  const std::size_t out_pitch = static_cast<std::size_t>(in.width) * kChannels;
  const int rows = static_cast<int>(kernel.windows.size());
  Pixels out(out_pitch * static_cast<std::size_t>(rows));
  for (int y = 0; y < rows; ++y) {
    const auto [first, taps] = kernel.windows[y];
    mix_rows(in.row(first - offset), in.pitch, kernel.of(y), taps, out.data() + y * out_pitch, out_pitch);
  }
  return out;
}

Pixels copy(const PixelView& in) {
  Pixels out;
  out.reserve(static_cast<std::size_t>(in.width) * in.rows * kChannels);
  for (int y = 0; y < in.rows; ++y) {
    out.insert(out.end(), in.row(y), in.row(y) + static_cast<std::size_t>(in.width) * kChannels);
  }
  return out;
}

Pixels nearest(const PixelView& in, int width, int height, const Window& window) {
  const auto columns = nearest_samples(in.width, width, {window.x, window.width});
  const auto rows = nearest_samples(in.rows, height, {window.y, window.height});
  Pixels out(static_cast<std::size_t>(window.width) * window.height * kChannels);
  std::uint8_t* to = out.data();
  for (const int y : rows) {
    const std::uint8_t* row = in.row(y);
    for (const int x : columns) to = std::copy_n(row + static_cast<std::size_t>(x) * kChannels, kChannels, to);
  }
  return out;
}

Pixels interpolate(const PixelView& in, int width, int height, Filter filter, const Window& window) {
  const bool wide = width != in.width;
  const bool high = height != in.rows;
  ResampleKernel across;
  ResampleKernel down;
  Samples columns{window.x, window.width};  // of the input, that are needed
  Samples rows{window.y, window.height};
  if (wide) {
    across = make_kernel(in.width, width, filter, columns);
    columns = across.extent();
  }
  if (high) {
    down = make_kernel(in.rows, height, filter, rows);
    rows = down.extent();
  }
  const PixelView part = in.part(columns, rows);
  if (!wide && !high) return copy(part);
  if (!high) return resize_rows(part, across, columns.first);
  if (!wide) return resize_columns(part, down, rows.first);
  // The order matters where a kernel overshoots and is cut off. This is Pillow 13's; before, horizontal came first
  // always.
  const bool vertical_first = in.rows > height && in.rows - height > (std::int64_t{in.width} - width) * 2;
  if (vertical_first) {
    const Pixels between = resize_columns(part, down, rows.first);
    return resize_rows(view(between, columns.count, window.height), across, columns.first);
  }
  const Pixels between = resize_rows(part, across, columns.first);
  return resize_columns(view(between, window.width, rows.count), down, rows.first);
}

void check_window(const Window& window, int width, int height) {
  if (window.x >= 0 && window.y >= 0 && window.width > 0 && window.height > 0 && window.x <= width - window.width &&
      window.y <= height - window.height) {
    return;
  }
  throw Error(ErrorCode::usage, "cannot take " + std::to_string(window.width) + " x " + std::to_string(window.height) +
                                    " pixels at " + std::to_string(window.x) + ", " + std::to_string(window.y) +
                                    " of an image of " + std::to_string(width) + " x " + std::to_string(height));
}

}  // namespace

Image resize_window(const Image& image, int width, int height, Filter filter, const Window& window) {
  check_sizes(image, width, height);
  check_window(window, width, height);
  const PixelView whole = view(image.pixels, image.width, image.height);
  return {.width = window.width,
          .height = window.height,
          .pixels = filter == Filter::nearest ? nearest(whole, width, height, window)
                                              : interpolate(whole, width, height, filter, window),
          .geometry = image.geometry};
}

Image resize(const Image& image, int width, int height, Filter filter) {
  return resize_window(image, width, height, filter, {0, 0, width, height});
}

}  // namespace fovea::image
