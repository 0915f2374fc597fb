#include "nn/backbone.hpp"

#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>

#include "fovea/error.hpp"
#include "nn/conv_unit.hpp"

namespace fovea::nn {

at::Tensor Backbone::classify(const at::Tensor&) {
  throw Error(ErrorCode::internal, "a backbone without a classifier was asked for labels");
}

at::Tensor Backbone::probabilities(const at::Tensor& logits, bool independent) const {
  const auto numbers = logits.to(at::kFloat);
  return independent ? at::sigmoid(numbers) : at::softmax(numbers, -1);
}

void Backbone::pack() {
  for (const auto& part : modules(/*include_self=*/false)) {
    if (auto* conv = part->as<ConvUnitImpl>()) conv->pack();
  }
}

}  // namespace fovea::nn
