#include "train/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include "fovea/error.hpp"

namespace fovea::train {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.98;
constexpr double kEpsilon = 1e-8;

}  // namespace

std::vector<ParameterGroup> group_parameters(const torch::nn::Module& network, double weight_decay,
                                             double encoder_rate_scale) {
  std::map<std::pair<bool, bool>, ParameterGroup> groups;  // by (encoder, decayed)
  for (const auto& item : network.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    const bool encoder = item.key().starts_with("encoder.");
    const bool decayed =
        item.key().ends_with("weight") && item.value().dim() > 1 && !item.key().ends_with("embedding.weight");
    auto& group = groups[{encoder, decayed}];
    group.weight_decay = decayed ? weight_decay : 0;
    group.rate_scale = encoder ? encoder_rate_scale : 1;
    group.names.push_back(item.key());
    group.parameters.push_back(item.value());
  }
  std::vector<ParameterGroup> result;
  for (auto& [key, group] : groups) result.push_back(std::move(group));
  return result;
}

Optimizer::Optimizer(std::vector<ParameterGroup> groups, double ema_decay)
    : groups_(std::move(groups)), ema_decay_(ema_decay) {
  for (const auto& group : groups_) {
    Moments m;
    for (const auto& parameter : group.parameters) {
      m.first.push_back(at::zeros_like(parameter));
      m.second.push_back(at::zeros_like(parameter));
      m.steps.push_back(at::zeros({}, at::TensorOptions(at::kFloat)));
      m.average.push_back(parameter.detach().clone());
    }
    moments_.push_back(std::move(m));
  }
}

void Optimizer::zero_gradients() {
  for (auto& group : groups_) {
    for (auto& parameter : group.parameters) parameter.mutable_grad() = at::Tensor();
  }
}

double Optimizer::clip_gradients(double max_norm) {
  const c10::AutoGradMode no_grad(false);
  std::vector<at::Tensor> gradients;
  for (const auto& group : groups_) {
    for (const auto& parameter : group.parameters) {
      if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    }
  }
  const double norm = at::stack(at::_foreach_norm(gradients, 2)).norm().item<double>();
  if (norm > max_norm) at::_foreach_mul_(gradients, max_norm / norm);
  return norm;
}

void Optimizer::step(double learning_rate) {
  const c10::AutoGradMode no_grad(false);
  ++step_;
  const auto t = static_cast<double>(step_);
  const double decay = std::min(ema_decay_, (1 + t) / (10 + t));
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    auto& group = groups_[g];
    auto& m = moments_[g];
    std::vector<at::Tensor> gradients;
    for (const auto& parameter : group.parameters) {
      gradients.push_back(parameter.grad().defined() ? parameter.grad() : at::zeros_like(parameter));
    }
    for (auto& steps : m.steps) steps.fill_(t);
    at::_fused_adamw_(group.parameters, gradients, m.first, m.second, {}, m.steps, learning_rate * group.rate_scale,
                      kBeta1, kBeta2, group.weight_decay, kEpsilon, /*amsgrad=*/false, /*maximize=*/false);
    at::_foreach_lerp_(m.average, group.parameters, 1 - decay);
  }
}

void Optimizer::swap_average() {
  const c10::AutoGradMode no_grad(false);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (std::size_t i = 0; i < groups_[g].parameters.size(); ++i) {
      auto& weight = groups_[g].parameters[i];
      auto& average = moments_[g].average[i];
      const auto kept = weight.clone();
      weight.copy_(average);
      average.copy_(kept);
    }
  }
}

nn::TensorMap Optimizer::state() const {
  nn::TensorMap state{{"step", at::tensor({step_}, at::TensorOptions(at::kLong))}};
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (std::size_t i = 0; i < groups_[g].names.size(); ++i) {
      const auto& name = groups_[g].names[i];
      state.emplace("first." + name, moments_[g].first[i]);
      state.emplace("second." + name, moments_[g].second[i]);
      state.emplace("average." + name, moments_[g].average[i]);
    }
  }
  return state;
}

void Optimizer::load_state(const nn::TensorMap& state) {
  const auto own = this->state();
  for (const auto& [name, tensor] : own) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != tensor.sizes()) {
      throw Error(ErrorCode::model, "the checkpoint's optimizer state does not fit: " + name);
    }
    tensor.copy_(found->second);
  }
  step_ = own.at("step").item<std::int64_t>();
}

double cosine_rate(double peak, double final_rate, std::int64_t step, std::int64_t warmup, std::int64_t steps) {
  if (step < warmup) return peak * static_cast<double>(step + 1) / static_cast<double>(warmup);
  const double t = static_cast<double>(step - warmup) / static_cast<double>(std::max<std::int64_t>(steps - warmup, 1));
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * std::min(t, 1.0)));
  return peak * (final_rate + (1 - final_rate) * cosine);
}

}  // namespace fovea::train
