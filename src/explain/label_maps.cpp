#include "explain/label_maps.hpp"

#include <limits>

#include "explain/grad_cam.hpp"
#include "explain/rollout.hpp"

namespace fovea::explain {

at::Tensor label_evidence(nn::Backbone& network, const nn::BackboneOutput& seen,
                          std::span<const std::int64_t> outputs) {
  return network.shape().kind == nn::BackboneKind::cnn ? grad_cam(network, seen.last, outputs)
                                                       : rollout_grid(network.shape(), seen);
}

at::Tensor scaled(const at::Tensor& evidence, const at::Tensor& probabilities) {
  const auto largest = evidence.amax({1, 2, 3}, /*keepdim=*/true).clamp_min(std::numeric_limits<float>::min());
  return evidence / largest * probabilities.view({-1, 1, 1, 1});
}

}  // namespace fovea::explain
