/// @file Dropout that costs little beside the matrix products around it.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace fovea::nn {

/// Zeroes each element with probability `p` and scales the others so that the mean stays (Srivastava et al. 2014).
///
/// LibTorch draws its masks one by one from the Mersenne Twister, in double precision and on one thread, which was
/// among the largest costs of a training step. Here a mask takes one byte of a counter-based generator that is seeded
/// from LibTorch's: at::manual_seed still determines it. `p` is rounded to 1/256.
at::Tensor dropout(const at::Tensor& x, double p);

/// dropout() in training mode, nothing else.
class DropoutImpl : public torch::nn::Module {
 public:
  explicit DropoutImpl(double p) : p_(p) {}
  at::Tensor forward(const at::Tensor& x) const { return is_training() && p_ > 0 ? dropout(x, p_) : x; }

 private:
  double p_;
};
TORCH_MODULE(Dropout);

}  // namespace fovea::nn
