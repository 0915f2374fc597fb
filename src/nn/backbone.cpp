#include "nn/backbone.hpp"

#include <vector>

#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

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
  std::vector<ConvUnitImpl*> convs;
  for (const auto& part : modules(/*include_self=*/false)) {
    if (auto* conv = part->as<ConvUnitImpl>()) convs.push_back(conv);
  }
  if (convs.empty()) return;
  const c10::AutoGradMode no_grad(false);
  // oneDNN chooses the layout by the size of the input, which one run through the network tells: with the layout for an
  // unknown size ResNet-50 took four times as long in bfloat16.
  for (auto* conv : convs) conv->begin_packing();
  const auto type = convs.front()->weight().scalar_type();
  forward(at::zeros({1, shape_.channels, shape_.input_height, shape_.input_width}, type), {});
  for (auto* conv : convs) conv->pack();
}

}  // namespace fovea::nn
