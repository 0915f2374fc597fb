/// @file AdamW over named parameters, with an exponential moving average of the weights.
#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "nn/weights.hpp"

namespace fovea::train {

/// Parameters that share their settings.
struct ParameterGroup {
  double weight_decay = 0;
  double rate_scale = 1;  ///< times the learning rate of a step
  std::vector<std::string> names;
  std::vector<at::Tensor> parameters;
};

/// The parameters of a captioning network in groups: weight decay on matrices only (not on biases, norms, embeddings'
/// positions), and the encoder's at its own rate. Parameters that do not require gradients are left out.
std::vector<ParameterGroup> group_parameters(const torch::nn::Module& network, double weight_decay,
                                             double encoder_rate_scale);

/// AdamW (Loshchilov and Hutter 2019) by LibTorch's fused operator.
class Optimizer {
 public:
  Optimizer(std::vector<ParameterGroup> groups, double ema_decay);

  void zero_gradients();
  /// Scales the gradient to at most `max_norm`; returns its norm before.
  double clip_gradients(double max_norm);
  /// One step at `learning_rate`; then the average moves (Polyak averaging; its decay is min(ema_decay, (1 + t) / (10 +
  /// t)) at step t, so that the first steps are forgotten).
  void step(double learning_rate);

  /// Exchanges the weights with their averages.
  void swap_average();

  /// Moments, averages and step count, for checkpoints.
  nn::TensorMap state() const;
  /// @throws Error: model when a tensor is missing or misshaped.
  void load_state(const nn::TensorMap& state);

 private:
  struct Moments {
    std::vector<at::Tensor> first, second, steps, average;
  };
  std::vector<ParameterGroup> groups_;
  std::vector<Moments> moments_;
  double ema_decay_;
  std::int64_t step_ = 0;
};

/// Learning rate at `step` of `steps`: linear warm-up, then half a cosine down to `final_rate` of `peak`.
double cosine_rate(double peak, double final_rate, std::int64_t step, std::int64_t warmup, std::int64_t steps);

}  // namespace fovea::train
