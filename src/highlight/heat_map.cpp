#include "highlight/heat_map.hpp"

#include <ATen/ops/upsample_bilinear2d.h>

namespace fovea::highlight {

std::vector<float> stretch(const at::Tensor& logits, int width, int height) {
  // Logits, not probabilities: between two cells the border of a region then lies where it was trained to lie.
  const auto stretched =
      at::upsample_bilinear2d(logits.unsqueeze(0), {height, width}, /*align_corners=*/false).sigmoid_().contiguous();
  const auto* values = stretched.const_data_ptr<float>();
  return {values, values + stretched.numel()};
}

}  // namespace fovea::highlight
