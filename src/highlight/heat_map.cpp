#include "highlight/heat_map.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>

#include <ATen/ops/from_blob.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "image/input_view.hpp"

namespace fovea::highlight {

std::vector<float> stretch(const at::Tensor& logits, int width, int height, const InputView& view) {
  // Logits, not probabilities: between two cells the border of a region then lies where it was trained to lie.
  if (image::shows_all(view, width, height)) {
    const auto stretched =
        at::upsample_bilinear2d(logits.unsqueeze(0), {height, width}, /*align_corners=*/false).sigmoid_().contiguous();
    const auto* values = stretched.const_data_ptr<float>();
    return {values, values + stretched.numel()};
  }
  const auto grid = logits.contiguous();
  auto map = image::stretch_map(std::span(grid.const_data_ptr<float>(), static_cast<std::size_t>(grid.numel())),
                                static_cast<int>(grid.size(2)), static_cast<int>(grid.size(1)),
                                image::MapKernel::linear, width, height, view,
                                -std::numeric_limits<float>::infinity());  // probability 0
  at::from_blob(map.data(), {height, width}, at::kFloat).sigmoid_();
  return map;
}

std::vector<float> stretch_values(const at::Tensor& values, int width, int height, const InputView& view) {
  const auto grid = values.contiguous();
  auto map = image::stretch_map(std::span(grid.const_data_ptr<float>(), static_cast<std::size_t>(grid.numel())),
                                static_cast<int>(grid.size(2)), static_cast<int>(grid.size(1)),
                                image::MapKernel::linear, width, height, view, /*outside=*/0);
  for (float& value : map) value = std::clamp(value, 0.0F, 1.0F);  // sums of weights that round to over 1
  return map;
}

}  // namespace fovea::highlight
