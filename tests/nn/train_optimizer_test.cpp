/// AdamW as torch.optim.AdamW does it, the average of the weights, and what a checkpoint keeps of both.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "fovea/error.hpp"
#include "tiny_caption_network.hpp"
#include "train/optimizer.hpp"

namespace fovea::train {
namespace {

constexpr double kNoAverage = 0;
constexpr int kSteps = 5;

nn::TensorMap goldens() {
  return nn::read_tensors(std::filesystem::path(FOVEA_TEST_DATA_DIR) / "nn" / "adamw.safetensors");
}

/// The parameters of the goldens in the groups they were trained in.
struct Parameters {
  explicit Parameters(const nn::TensorMap& golden, at::MemoryFormat conv_format = at::MemoryFormat::Contiguous) {
    for (const char* name : {"conv", "matrix", "bias"}) {
      const auto format = std::string(name) == "conv" ? conv_format : at::MemoryFormat::Contiguous;
      all[name] = golden.at(std::string(name) + ".start").clone(format).requires_grad_();
    }
  }

  std::vector<ParameterGroup> groups() const {
    return {{.weight_decay = 0.2, .rate_scale = 0.1, .names = {"conv"}, .parameters = {all.at("conv")}},
            {.weight_decay = 0.2, .rate_scale = 1, .names = {"matrix"}, .parameters = {all.at("matrix")}},
            {.weight_decay = 0, .rate_scale = 1, .names = {"bias"}, .parameters = {all.at("bias")}}};
  }

  /// Gives every parameter the golden gradient of a step, by the way that gradients take.
  void backward(const nn::TensorMap& golden, int step) const {
    for (const auto& [name, parameter] : all) {
      (parameter * golden.at(name + ".gradient." + std::to_string(step))).sum().backward();
    }
  }

  std::map<std::string, at::Tensor> all;
};

void run_steps(Optimizer& optimizer, const Parameters& parameters, const nn::TensorMap& golden, int begin, int end) {
  for (int step = begin; step < end; ++step) {
    optimizer.zero_gradients();
    parameters.backward(golden, step);
    optimizer.step(golden.at("rates")[step].item<double>());
  }
}

TEST(Optimizer, StepsEqualAdamWInEveryMemoryLayout) {
  const auto golden = goldens();
  for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    const Parameters parameters(golden, format);
    Optimizer optimizer(parameters.groups(), kNoAverage);
    for (int step = 0; step < kSteps; ++step) {
      run_steps(optimizer, parameters, golden, step, step + 1);
      for (const auto& [name, parameter] : parameters.all) {
        const auto& expected = golden.at(name + ".after." + std::to_string(step));
        EXPECT_TRUE(at::allclose(parameter, expected, 1e-5, 1e-6)) << name << " at step " << step;
      }
    }
  }
}

TEST(Optimizer, AverageFollowsTheWeights) {
  const auto golden = goldens();
  const Parameters parameters(golden);
  constexpr double kDecay = 0.25;
  Optimizer optimizer(parameters.groups(), kDecay);
  auto expected = golden.at("matrix.start").clone();
  for (int step = 0; step < kSteps; ++step) {
    run_steps(optimizer, parameters, golden, step, step + 1);
    const double decay = std::min(kDecay, (1.0 + step + 1) / (10.0 + step + 1));  // at most 0.25 from the third step on
    const c10::AutoGradMode no_grad(false);
    expected = expected * decay + parameters.all.at("matrix") * (1 - decay);
  }
  const auto weights = parameters.all.at("matrix").detach().clone();
  optimizer.swap_average();
  EXPECT_TRUE(at::allclose(parameters.all.at("matrix"), expected, 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(weights, expected, 1e-3, 1e-4));
  optimizer.swap_average();
  EXPECT_TRUE(at::equal(parameters.all.at("matrix"), weights));
}

TEST(Optimizer, WithoutAveragingTheAverageIsTheWeights) {
  const auto golden = goldens();
  const Parameters parameters(golden);
  Optimizer optimizer(parameters.groups(), kNoAverage);
  run_steps(optimizer, parameters, golden, 0, 2);
  const auto weights = parameters.all.at("bias").detach().clone();
  optimizer.swap_average();
  EXPECT_TRUE(at::equal(parameters.all.at("bias"), weights));
}

TEST(Optimizer, ClipsTheNormOfTheWholeGradient) {
  const auto a = at::tensor({0.F, 0.F}).requires_grad_();
  const auto b = at::tensor({0.F}).requires_grad_();
  Optimizer optimizer({{.names = {"a"}, .parameters = {a}}, {.names = {"b"}, .parameters = {b}}}, kNoAverage);
  const auto backward = [&] {
    optimizer.zero_gradients();
    (a * at::tensor({1.F, 2.F})).sum().backward();
    (b * 2).sum().backward();
  };
  backward();
  EXPECT_DOUBLE_EQ(optimizer.clip_gradients(4), 3);  // below the limit: left alone
  EXPECT_TRUE(at::equal(a.grad(), at::tensor({1.F, 2.F})));
  backward();
  EXPECT_DOUBLE_EQ(optimizer.clip_gradients(1.5), 3);
  EXPECT_TRUE(at::allclose(a.grad(), at::tensor({0.5F, 1.F})));
  EXPECT_TRUE(at::allclose(b.grad(), at::tensor({1.F})));
}

TEST(Optimizer, GoesOnFromItsStateAsIfNothingHadHappened) {
  const auto golden = goldens();
  const Parameters whole(golden);
  Optimizer uninterrupted(whole.groups(), 0.9);
  run_steps(uninterrupted, whole, golden, 0, kSteps);

  const tests::TempFolder temp;
  const Parameters first(golden);
  {
    Optimizer optimizer(first.groups(), 0.9);
    run_steps(optimizer, first, golden, 0, 2);
    nn::write_tensors(temp / "state.safetensors", optimizer.state(), at::kFloat);
  }
  Optimizer optimizer(first.groups(), 0.9);
  optimizer.load_state(nn::read_tensors(temp / "state.safetensors"));
  run_steps(optimizer, first, golden, 2, kSteps);
  for (const auto& [name, parameter] : whole.all) EXPECT_TRUE(at::equal(parameter, first.all.at(name))) << name;
  uninterrupted.swap_average();
  optimizer.swap_average();
  for (const auto& [name, parameter] : whole.all) EXPECT_TRUE(at::equal(parameter, first.all.at(name))) << name;
}

TEST(Optimizer, StateOfOtherParametersIsRefusedByName) {
  const Parameters parameters(goldens());
  Optimizer optimizer(parameters.groups(), kNoAverage);
  auto state = optimizer.state();
  const auto refused = [&] {
    try {
      optimizer.load_state(state);
      return std::string();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::model);
      return std::string(error.what());
    }
  };
  EXPECT_EQ(refused(), "");
  state["second.matrix"] = at::tensor({1.F});
  EXPECT_THAT(refused(), testing::HasSubstr("second.matrix"));
  state = optimizer.state();
  state.erase("average.bias");
  EXPECT_THAT(refused(), testing::HasSubstr("average.bias"));
}

TEST(ParameterGroups, DecayIsOnMatricesOnlyAndTheEncoderHasItsRate) {
  for (const auto family : {nn::DecoderFamily::transformer, nn::DecoderFamily::lstm}) {
    auto network = tests::tiny_caption_network(tests::tiny_caption_config(family, 14), 1);
    std::map<std::string, const ParameterGroup*> group_of;
    const auto groups = group_parameters(*network, 0.05, 0.1);
    for (const auto& group : groups) {
      for (const auto& name : group.names) EXPECT_TRUE(group_of.emplace(name, &group).second) << name << " twice";
    }
    EXPECT_EQ(group_of.size(), network->parameters().size());
    for (const char* name : {"encoder.stem.weight", "encoder.blocks.2.depthwise.weight", "backbone.coarse.weight",
                             "backbone.blocks.0.perceptron.expand.weight"}) {
      EXPECT_EQ(group_of.at(name)->weight_decay, 0.05) << name;
    }
    for (const char* name : {"encoder.stem.bias", "backbone.coarse.bias", "backbone.stem_norm.weight",
                             "backbone.positions.rows", "decoder.embedding.weight", "decoder.output_bias"}) {
      EXPECT_EQ(group_of.at(name)->weight_decay, 0) << name;
    }
    for (const auto& [name, group] : group_of) {
      EXPECT_EQ(group->rate_scale, name.starts_with("encoder.") ? 0.1 : 1) << name;
    }
  }
}

TEST(ParameterGroups, FrozenParametersAreLeftOut) {
  auto network = tests::tiny_caption_network(tests::tiny_caption_config(nn::DecoderFamily::transformer, 14), 1);
  for (auto& parameter : network->encoder().module()->parameters()) parameter.set_requires_grad(false);
  for (const auto& group : group_parameters(*network, 0.05, 0.1)) {
    EXPECT_FALSE(group.names.empty());
    for (const auto& name : group.names) EXPECT_FALSE(name.starts_with("encoder.")) << name;
  }
}

TEST(CosineRate, RisesInALineAndFallsToItsFinalShare) {
  constexpr double kPeak = 2, kFinal = 0.1;
  EXPECT_DOUBLE_EQ(cosine_rate(kPeak, kFinal, 0, 4, 104), 0.5);
  EXPECT_DOUBLE_EQ(cosine_rate(kPeak, kFinal, 3, 4, 104), kPeak);
  EXPECT_DOUBLE_EQ(cosine_rate(kPeak, kFinal, 4, 4, 104), kPeak);
  EXPECT_DOUBLE_EQ(cosine_rate(kPeak, kFinal, 54, 4, 104), kPeak * (1 + kFinal) / 2);
  EXPECT_DOUBLE_EQ(cosine_rate(kPeak, kFinal, 104, 4, 104), kPeak * kFinal);
  EXPECT_DOUBLE_EQ(cosine_rate(kPeak, kFinal, 500, 4, 104), kPeak * kFinal);
  EXPECT_DOUBLE_EQ(cosine_rate(kPeak, 1, 77, 0, 104), kPeak);  // a constant rate
  for (int step = 4; step < 104; ++step) {
    EXPECT_GT(cosine_rate(kPeak, kFinal, step, 4, 104), cosine_rate(kPeak, kFinal, step + 1, 4, 104));
  }
}

}  // namespace
}  // namespace fovea::train
