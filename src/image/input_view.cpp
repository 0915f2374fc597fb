#include "image/input_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace fovea::image {
namespace {

bool means_all(const InputView& view) { return view.width <= 0 || view.height <= 0; }

/// What a pixel of a row or column is made of: 4 cells and their weights.
struct Taps {
  std::array<int, 4> cells{};
  std::array<float, 4> weights{};
};

/// The pixels of a side of `pixels` that lie in [begin, begin + extent), and their taps on `cells` cells.
struct Axis {
  int first = 0;
  std::vector<Taps> taps;
};

std::array<float, 4> weights_of(MapKernel kernel, double t) {
  if (kernel == MapKernel::linear) return {0, static_cast<float>(1 - t), static_cast<float>(t), 0};
  constexpr double a = -0.75;
  const auto near = [](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  return {static_cast<float>(far(1 + t)), static_cast<float>(near(t)), static_cast<float>(near(1 - t)),
          static_cast<float>(far(2 - t))};
}

Axis make_axis(int pixels, double begin, double extent, int cells, MapKernel kernel) {
  Axis axis;
  const auto bounded = [&](double value) { return static_cast<int>(std::clamp(std::ceil(value), 0.0, 1.0 * pixels)); };
  axis.first = bounded(begin - 0.5);
  const int end = bounded(begin + extent - 0.5);
  for (int i = axis.first; i < end; ++i) {
    const double at = (i + 0.5 - begin) / extent * cells - 0.5;
    const double below = std::floor(at);
    Taps taps{.weights = weights_of(kernel, at - below)};
    for (int k = 0; k < 4; ++k) {
      taps.cells[static_cast<std::size_t>(k)] = std::clamp(static_cast<int>(below) - 1 + k, 0, cells - 1);
    }
    axis.taps.push_back(taps);
  }
  return axis;
}

}  // namespace

Geometry full_geometry(const Image& image) {
  Geometry geometry = image.geometry;
  if (geometry.width <= 0 || geometry.height <= 0) {
    geometry.width = image.width;
    geometry.height = image.height;
  }
  return geometry;
}

bool shows_all(const InputView& view, int width, int height) {
  return means_all(view) || (view.x == 0 && view.y == 0 && view.width == width && view.height == height);
}

InputView scaled(const InputView& view, int width, int height, int new_width, int new_height) {
  if (shows_all(view, width, height)) {
    return {.x = 0, .y = 0, .width = static_cast<double>(new_width), .height = static_cast<double>(new_height)};
  }
  const double across = static_cast<double>(new_width) / width;
  const double down = static_cast<double>(new_height) / height;
  return {.x = view.x * across, .y = view.y * down, .width = view.width * across, .height = view.height * down};
}

std::vector<float> stretch_map(std::span<const float> map, int grid_width, int grid_height, MapKernel kernel, int width,
                               int height, const InputView& view, float outside) {
  const InputView part = scaled(view, width, height, width, height);
  const Axis columns = make_axis(width, part.x, part.width, grid_width, kernel);
  const Axis rows = make_axis(height, part.y, part.height, grid_height, kernel);
  // Each row of the grid at the width of the image.
  const std::size_t wide = columns.taps.size();
  std::vector<float> lines(wide * static_cast<std::size_t>(grid_height));
  for (int y = 0; y < grid_height; ++y) {
    const auto row = map.subspan(static_cast<std::size_t>(y) * grid_width, static_cast<std::size_t>(grid_width));
    float* line = lines.data() + static_cast<std::size_t>(y) * wide;
    for (const auto& [cells, weights] : columns.taps) {
      float sum = 0;
      for (std::size_t k = 0; k < 4; ++k) sum += weights[k] * row[static_cast<std::size_t>(cells[k])];
      *line++ = sum;
    }
  }
  std::vector<float> result(static_cast<std::size_t>(width) * height, outside);
  for (std::size_t i = 0; i < rows.taps.size(); ++i) {
    const auto& [cells, weights] = rows.taps[i];
    float* out = result.data() + (static_cast<std::size_t>(rows.first) + i) * width + columns.first;
    for (std::size_t x = 0; x < wide; ++x) {
      float sum = 0;
      for (std::size_t k = 0; k < 4; ++k) sum += weights[k] * lines[static_cast<std::size_t>(cells[k]) * wide + x];
      out[x] = sum;
    }
  }
  return result;
}

}  // namespace fovea::image
