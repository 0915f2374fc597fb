#include "explain/grad_cam.hpp"

#include <ATen/ops/relu.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

namespace fovea::explain {

at::Tensor grad_cam(nn::Backbone& network, const at::Tensor& last, std::span<const std::int64_t> outputs) {
  const c10::InferenceMode left(false);
  const c10::AutoGradMode recorded(true);
  // A copy that gradients can be recorded of, whatever mode `last` was made in.
  auto grid = last.detach().clone();
  grid.set_requires_grad(true);
  const auto wanted = at::tensor(at::ArrayRef<std::int64_t>(outputs.data(), outputs.size()), at::kLong).unsqueeze(1);
  // The images of a batch do not meet in the classifier: the gradient of the sum has each one's own.
  network.classify(grid).gather(1, wanted).sum().backward();
  const auto weights = grid.grad().to(at::kFloat).mean({2, 3}, /*keepdim=*/true);
  return at::relu((weights * grid.detach().to(at::kFloat)).sum(1, /*keepdim=*/true));
}

}  // namespace fovea::explain
