#include "nn/name_map.hpp"

#include <string>

#include <ATen/ops/allclose.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "nn/layers.hpp"

namespace fovea::nn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Two numbered blocks of a query and a value.
struct Attention : torch::nn::Module {
  Attention() {
    const auto blocks = register_module("blocks", std::make_shared<torch::nn::Module>());
    for (const char* number : {"0", "1"}) {
      const auto block = blocks->register_module(number, std::make_shared<torch::nn::Module>());
      block->register_module("query", LinearLayer(3, 2));
      block->register_module("value", LinearLayer(3, 2));
    }
  }
};

TensorMap fused_file() {
  TensorMap tensors;
  for (const std::string number : {"0", "1"}) {
    tensors["layer." + number + ".qv.weight"] = at::randn({4, 3});
    tensors["layer." + number + ".qv.bias"] = at::randn({4});
  }
  return tensors;
}

const NameMap kFused{.rules = {{.ours = "blocks.*.query.", .foreign = "layer.*.qv.", .part = 0, .parts = 2},
                               {.ours = "blocks.*.value.", .foreign = "layer.*.qv.", .part = 1, .parts = 2}},
                     .ignored = {"pooler."}};

std::string message_of(torch::nn::Module& module, const TensorMap& tensors, const NameMap& names) {
  try {
    load_foreign_weights(module, tensors, names, at::kFloat, "FILE");
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::model);
    return e.what();
  }
  return {};
}

TEST(NameMap, FusedTensorsAreTakenApart) {
  Attention network;
  const auto tensors = fused_file();
  load_foreign_weights(network, tensors, kFused, at::kFloat, "FILE");
  const auto weights = named_weights(network);
  EXPECT_TRUE(at::equal(weights.at("blocks.1.query.weight"), tensors.at("layer.1.qv.weight").narrow(0, 0, 2)));
  EXPECT_TRUE(at::equal(weights.at("blocks.1.value.bias"), tensors.at("layer.1.qv.bias").narrow(0, 2, 2)));
}

TEST(NameMap, WeightsOfTheRightTypeAreNotCopied) {
  LinearLayer layer(3, 2);
  const TensorMap tensors{{"fc.weight", at::randn({2, 3})}, {"fc.bias", at::randn({2})}};
  load_foreign_weights(*layer, tensors, {.rules = {{.ours = "", .foreign = "fc."}}, .ignored = {}}, at::kFloat, "FILE");
  EXPECT_EQ(layer->weight().const_data_ptr(), tensors.at("fc.weight").const_data_ptr());
}

TEST(NameMap, TensorsAreJoinedIntoAFusedOne) {
  LinearLayer layer(3, 4);
  TensorMap tensors{{"query.weight", at::randn({2, 3})},
                    {"query.bias", at::randn({2})},
                    {"value.weight", at::randn({2, 3})},
                    {"value.bias", at::randn({2})}};
  NameMap names{.rules = {{.ours = "", .foreign = "query."}}, .ignored = {}};
  names.rules.front().joined = {"value."};
  load_foreign_weights(*layer, tensors, names, at::kFloat, "FILE");
  EXPECT_TRUE(at::equal(layer->weight(), at::cat({tensors.at("query.weight"), tensors.at("value.weight")})));
  tensors.erase("value.bias");
  EXPECT_THAT(message_of(*layer, tensors, names), HasSubstr("missing: value.bias [2]"));
}

TEST(NameMap, MatricesMayBeStoredTransposed) {
  LinearLayer layer(3, 2);
  const TensorMap tensors{{"c_fc.weight", at::randn({3, 2})}, {"c_fc.bias", at::randn({2})}};
  const NameMap names{.rules = {{.ours = "", .foreign = "c_fc.", .transposed = true}}, .ignored = {}};
  load_foreign_weights(*layer, tensors, names, at::kFloat, "FILE");
  EXPECT_TRUE(at::equal(layer->weight(), tensors.at("c_fc.weight").t()));
}

TEST(NameMap, BatchNormIsFoldedIntoItsConvolution) {
  ConvLayer conv(ConvLayerOptions{.in = 2, .out = 3, .kernel = 3});
  const TensorMap tensors{{"conv1.weight", at::randn({3, 2, 3, 3})},
                          {"bn1.weight", at::rand({3}) + 0.5},
                          {"bn1.bias", at::randn({3})},
                          {"bn1.running_mean", at::randn({3})},
                          {"bn1.running_var", at::rand({3}) + 0.1},
                          {"bn1.num_batches_tracked", at::ones({}, at::kLong)}};
  const NameMap names{.rules = {{.ours = "", .foreign = "conv1.", .batch_norm = {.prefix = "bn1.", .epsilon = 1e-3}}},
                      .ignored = {}};
  load_foreign_weights(*conv, tensors, names, at::kFloat, "FILE");
  const auto x = at::randn({1, 2, 5, 5});
  const auto expected =
      at::batch_norm(at::conv2d(x, tensors.at("conv1.weight")), tensors.at("bn1.weight"), tensors.at("bn1.bias"),
                     tensors.at("bn1.running_mean"), tensors.at("bn1.running_var"), false, 0.1, 1e-3, false);
  EXPECT_TRUE(at::allclose(conv(x), expected, 1e-5, 1e-5));
}

TEST(NameMap, BatchNormWithoutConvolutionBecomesScaleAndShift) {
  ScaleShift norm(3);
  TensorMap tensors{{"bn1.weight", at::rand({3}) + 0.5},
                    {"bn1.bias", at::randn({3})},
                    {"bn1.running_mean", at::randn({3})},
                    {"bn1.running_var", at::rand({3}) + 0.1}};
  const NameMap names{.rules = {lone_norm("", "bn1.", 1e-3)}, .ignored = {}};
  load_foreign_weights(*norm, tensors, names, at::kFloat, "FILE");
  const auto x = at::randn({2, 3, 4, 5});
  const auto expected =
      at::batch_norm(x, tensors.at("bn1.weight"), tensors.at("bn1.bias"), tensors.at("bn1.running_mean"),
                     tensors.at("bn1.running_var"), false, 0.1, 1e-3, false);
  EXPECT_TRUE(at::allclose(norm(x), expected, 1e-5, 1e-5));
  tensors.erase("bn1.running_mean");
  EXPECT_THAT(message_of(*norm, tensors, names), HasSubstr("missing: bn1.running_mean [3]"));
}

TEST(NameMap, DimensionsOfOneMayBeStored) {
  LinearLayer layer(3, 2);
  const TensorMap tensors{{"fc.weight", at::randn({2, 3, 1, 1})}, {"fc.bias", at::randn({2})}};
  NameMap names{.rules = {{.ours = "", .foreign = "fc.", .squeezed = true}}, .ignored = {}};
  load_foreign_weights(*layer, tensors, names, at::kFloat, "FILE");
  EXPECT_TRUE(at::equal(layer->weight(), tensors.at("fc.weight").view({2, 3})));
  names.rules.front().squeezed = false;
  EXPECT_THAT(message_of(*layer, tensors, names), HasSubstr("wrong shape: fc.weight is [2, 3, 1, 1]"));
}

TEST(NameMap, WhatDoesNotFitIsNamedAsTheFileNamesIt) {
  Attention network;
  auto tensors = fused_file();
  tensors.erase("layer.0.qv.bias");
  tensors["layer.1.qv.weight"] = at::randn({4, 5});
  tensors["pooler.weight"] = at::randn({1});
  tensors["head.weight"] = at::randn({7, 3});
  EXPECT_THAT(
      message_of(network, tensors, kFused),
      AllOf(HasSubstr("FILE"), HasSubstr("missing: layer.0.qv.bias"), HasSubstr("wrong shape: layer.1.qv.weight"),
            HasSubstr("unexpected: head.weight [7, 3]"), Not(HasSubstr("pooler"))));
}

TEST(NameMap, IntegersAreNoWeights) {
  LinearLayer layer(3, 2);
  const TensorMap tensors{{"weight", at::ones({2, 3}, at::kLong)}, {"bias", at::randn({2})}};
  EXPECT_THAT(message_of(*layer, tensors, {}), HasSubstr("wrong type: weight is Long"));
}

TEST(NameMap, GoesBelowAPrefixAndInsideAModule) {
  LinearLayer layer(3, 2);
  auto holder = std::make_shared<torch::nn::Module>();
  holder->register_module("head", layer);
  const NameMap names{.rules = {{.ours = "", .foreign = "fc."}}, .ignored = {"aux."}};
  const TensorMap tensors{
      {"vit.fc.weight", at::randn({2, 3})}, {"vit.fc.bias", at::randn({2})}, {"vit.aux.x", at::randn({1})}};
  load_foreign_weights(*holder, tensors, names.below("vit.").inside("head."), at::kFloat, "FILE");
  EXPECT_TRUE(at::equal(layer->weight(), tensors.at("vit.fc.weight")));
}

}  // namespace
}  // namespace fovea::nn
