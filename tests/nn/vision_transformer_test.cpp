/// Vision transformers against the reference implementations (tests/reference/make_vision_transformer_goldens.py).
#include <fstream>
#include <string>

#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/error.hpp"
#include "nn/backbone_families.hpp"
#include "nn/blip_vision.hpp"
#include "nn/clip_vision.hpp"
#include "nn/vision_encoder.hpp"
#include "nn/vit_family.hpp"

namespace fovea::nn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string folder(const std::string& name) { return std::string(FOVEA_TEST_DATA_DIR) + "/models/" + name; }

ForeignConfig config_of(const std::string& name) {
  std::ifstream file(folder(name) + "/config.json");
  return {text::OrderedJson::parse(file), name + "/config.json"};
}

TensorMap weights_of(const std::string& name) { return read_tensors(folder(name) + "/model.safetensors"); }

void expect_close(const at::Tensor& found, const at::Tensor& expected, double tolerance = 1e-4) {
  ASSERT_EQ(found.sizes(), expected.sizes());
  const auto largest = expected.abs().max().item<double>();
  EXPECT_LE((found.to(at::kFloat) - expected).abs().max().item<double>(), tolerance * largest);
}

BackboneBlueprint open(const ForeignConfig& config, const TensorMap& weights, at::ScalarType type = at::kFloat) {
  const auto* family = find_backbone_family(config);
  if (family == nullptr) throw Error(ErrorCode::internal, config.source() + ": no family");
  auto blueprint = family->blueprint(config, weights);
  load_foreign_weights(*blueprint.network, weights, blueprint.names, type, "FILE");
  blueprint.network->eval();
  return blueprint;
}

void expect_golden(Backbone& network, const TensorMap& golden) {
  const c10::AutoGradMode no_grad(false);
  const auto& pixels = golden.at("pixels");
  const auto output = network.forward(pixels, {.grids = true, .attention = true});
  expect_close(output.last, golden.at("last"));
  expect_close(output.attention.back(), golden.at("attention"));
  const auto& shape = network.shape();
  ASSERT_EQ(output.grids.size(), 1);
  EXPECT_EQ(output.grids[0].sizes(),
            (at::IntArrayRef{pixels.size(0), shape.width, shape.grid_height(), shape.grid_width()}));
  EXPECT_TRUE(output.grids[0].flatten(2).transpose(1, 2).equal(output.last.slice(1, shape.prefix_tokens)));
  if (golden.contains("logits")) expect_close(network.classify(output.last), golden.at("logits"));
  if (!golden.contains("other.pixels")) return;
  EXPECT_TRUE(shape.any_size);
  expect_close(network.forward(golden.at("other.pixels"), {}).last, golden.at("other.last"));
}

class VisionTransformerGolden : public testing::TestWithParam<const char*> {
 protected:
  TensorMap golden_ = read_tensors(folder(GetParam()) + "/golden.safetensors");
};

TEST_P(VisionTransformerGolden, SaysWhatTheReferenceSays) {
  const auto model = open(config_of(GetParam()), weights_of(GetParam()));
  expect_golden(*model.network, golden_);
  EXPECT_EQ(model.network->label_count(), golden_.contains("logits") ? golden_.at("logits").size(1) : 0);
  EXPECT_EQ(static_cast<std::int64_t>(model.labels.size()), model.network->label_count());
}

TEST_P(VisionTransformerGolden, SaysTheSamePacked) {
  const auto model = open(config_of(GetParam()), weights_of(GetParam()));
  model.network->pack();
  expect_golden(*model.network, golden_);
}

TEST_P(VisionTransformerGolden, ComputesInBfloat16) {
  const c10::AutoGradMode no_grad(false);
  const auto model = open(config_of(GetParam()), weights_of(GetParam()), at::kBFloat16);
  const auto last = model.network->forward(golden_.at("pixels").to(at::kBFloat16), {}).last;
  EXPECT_EQ(last.scalar_type(), at::kBFloat16);
  expect_close(last, golden_.at("last"), 0.05);
}

INSTANTIATE_TEST_SUITE_P(Families, VisionTransformerGolden,
                         testing::Values("vit", "vit-headless", "deit", "deit-distilled", "dinov2", "dinov2-swiglu",
                                         "dinov2-registers", "clip-vision", "clip", "clip-classifier", "timm-vit",
                                         "timm-vit-avg", "timm-vit-dynamic", "timm-deit-distilled", "timm-deit3",
                                         "timm-dinov2-registers", "timm-dinov2-giant"));

/// The message of the error that opening ends in.
std::string message_of(const ForeignConfig& config, const TensorMap& weights, ErrorCode code = ErrorCode::model) {
  try {
    open(config, weights);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code);
    return e.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

ForeignConfig changed(const std::string& name, const std::string& key, const text::OrderedJson& value) {
  auto json = config_of(name).json();
  json[key] = value;
  return {json, "config.json"};
}

TEST(VisionTransformer, KnowsTheNamesThatTransformersHasInMemory) {
  for (const std::string name : {"vit", "dinov2-swiglu"}) {
    const auto model = open(config_of(name), weights_of(name + "-in-memory"));
    expect_golden(*model.network, read_tensors(folder(name) + "/golden.safetensors"));
  }
}

TEST(VisionTransformer, KnowsTorchvisionsNamesOldAndNew) {
  VisionEncoder network(
      {.image_size = 24, .patch_size = 8, .width = 24, .layers = 2, .heads = 3, .hidden = 48, .labels = 4});
  const auto weights = weights_of("torchvision-vit");
  TensorMap old;
  for (const auto& [name, tensor] : weights) {
    auto renamed = name;
    for (const auto& [now, then] : {std::pair{"mlp.0.", "mlp.linear_1."}, std::pair{"mlp.3.", "mlp.linear_2."}}) {
      const auto at = renamed.find(now);
      if (at != std::string::npos) renamed.replace(at, std::string(now).size(), then);
    }
    old.emplace(renamed, tensor);
  }
  for (const auto& tensors : {weights, old}) {
    load_foreign_weights(network, tensors, torchvision_vit_names(tensors), at::kFloat, "FILE");
    expect_golden(network, read_tensors(folder("torchvision-vit") + "/golden.safetensors"));
  }
}

TEST(VisionTransformer, HasTheSizesOfTorchvisionsNames) {
  const ForeignConfig config({{"library", "torchvision"}, {"architecture", "vit_b_32"}}, "config.json");
  const auto blueprint = find_backbone_family(config)->blueprint(config, {});
  const auto& shape = blueprint.network->shape();
  EXPECT_EQ(shape.width, 768);
  EXPECT_EQ(shape.grid_width(), 7);
  EXPECT_FALSE(shape.any_size);
  EXPECT_EQ(blueprint.input.shortest_edge, 256);
}

TEST(VisionTransformer, HasTheSizesOfTimmsNames) {
  const ForeignConfig config({{"architecture", "vit_small_patch14_reg4_dinov2.lvd142m"}, {"num_classes", 0}}, "config");
  const auto blueprint = find_backbone_family(config)->blueprint(config, {});
  const auto& shape = blueprint.network->shape();
  EXPECT_EQ(shape.width, 384);
  EXPECT_EQ(shape.prefix_tokens, 5);
  EXPECT_EQ(shape.grid_width(), 37);
  EXPECT_TRUE(shape.any_size);
}

TEST(VisionTransformer, BlipAndGitHaveTheirImageSides) {
  const auto golden_of = [](const std::string& name) { return read_tensors(folder(name) + "/golden.safetensors"); };
  const auto part_of = [](const std::string& name, const std::string& prefix) {
    TensorMap part;
    for (const auto& [key, tensor] : weights_of(name)) {
      if (key.starts_with(prefix)) part.emplace(key, tensor);
    }
    return part;
  };
  const auto blip = blip_vision(config_of("blip-vision"));
  load_foreign_weights(*blip.network, part_of("blip-vision", "vision_model."), blip.names, at::kFloat, "FILE");
  expect_golden(*blip.network, golden_of("blip-vision"));
  EXPECT_EQ(blip.input.width, 24);
  const auto git_weights = part_of("git-vision", "git.image_encoder.");
  const auto git = git_vision(config_of("git-vision"), git_weights);
  load_foreign_weights(*git.network, git_weights, git.names, at::kFloat, "FILE");
  expect_golden(*git.network, golden_of("git-vision"));
}

TEST(VisionTransformer, TellsItsLabelsAndInput) {
  const auto model = open(config_of("vit"), weights_of("vit"));
  EXPECT_EQ(model.labels, (std::vector<std::string>{"cat", "dog", "owl"}));
  EXPECT_FALSE(model.independent_labels);
  EXPECT_EQ(model.input.width, 24);
  EXPECT_EQ(model.input.mean[0], 0.5);
  const auto many = changed("vit", "problem_type", "multi_label_classification");
  EXPECT_TRUE(find_backbone_family(many)->blueprint(many, weights_of("vit")).independent_labels);
}

TEST(VisionTransformer, HasGradientsThroughTheClassifierOfAPackedNetwork) {
  const auto model = open(config_of("dinov2"), weights_of("dinov2"));
  model.network->pack();
  at::Tensor last;
  {
    const c10::AutoGradMode no_grad(false);
    last = model.network->forward(at::zeros({1, 3, 24, 24}), {}).last;
  }
  last.set_requires_grad(true);
  model.network->classify(last).select(1, 0).sum().backward();
  EXPECT_GT(last.grad().abs().max().item<float>(), 0);
}

TEST(VisionTransformer, NamesWhatIsMissingOrMisshaped) {
  auto weights = weights_of("vit");
  weights.erase("vit.encoder.layer.1.output.dense.bias");
  weights["vit.layernorm.weight"] = at::zeros({23});
  weights["vit.extra"] = at::zeros({2});
  EXPECT_THAT(message_of(config_of("vit"), weights),
              AllOf(HasSubstr("missing: vit.encoder.layer.1.output.dense.bias [24]"),
                    HasSubstr("wrong shape: vit.layernorm.weight is [23], expected [24]"),
                    HasSubstr("unexpected: vit.extra [2]")));
}

TEST(VisionTransformer, RefusesConfigurationsThatCannotBe) {
  const auto weights = weights_of("vit");
  EXPECT_THAT(message_of(changed("vit", "hidden_size", 0), weights), HasSubstr("'hidden_size' is 0"));
  EXPECT_THAT(message_of(changed("vit", "num_attention_heads", 5), weights),
              HasSubstr("config.json: vision encoder: width 24 is no multiple of heads 5"));
  EXPECT_THAT(message_of(changed("vit", "image_size", 25), weights),
              HasSubstr("image_size 25 is no multiple of patch_size 8"));
  EXPECT_THAT(message_of(changed("vit", "intermediate_size", 1 << 30), weights), HasSubstr("'intermediate_size'"));
  EXPECT_THAT(message_of(changed("vit", "hidden_act", "mish"), weights, ErrorCode::unsupported),
              AllOf(HasSubstr("'mish'"), HasSubstr("quick_gelu")));
  EXPECT_THAT(message_of(changed("vit", "num_channels", 1), weights, ErrorCode::unsupported),
              HasSubstr("'num_channels' is 1"));
}

TEST(VisionTransformer, NeverAllocatesWhatAHostileConfigurationAsksFor) {
  auto json = config_of("vit").json();
  json["hidden_size"] = json["intermediate_size"] = 65536;
  json["num_hidden_layers"] = 1000;
  json["num_attention_heads"] = 16;
  EXPECT_THAT(message_of(ForeignConfig(json, "config.json"), weights_of("vit")), HasSubstr("more than 10^10 weights"));
}

TEST(VisionTransformer, RefusesTimmsNamesAndArgumentsThatItDoesNotKnow) {
  const auto weights = weights_of("timm-vit");
  EXPECT_THAT(message_of(changed("timm-vit", "architecture", "vit_base_patch16_clip_224.openai"), weights,
                         ErrorCode::unsupported),
              AllOf(HasSubstr("'vit_base_patch16_clip_224'"), HasSubstr("vit_base_patch16_224")));
  EXPECT_THAT(message_of(changed("timm-vit", "model_args", {{"qk_norm", true}}), weights, ErrorCode::unsupported),
              HasSubstr("'qk_norm' is true"));
  EXPECT_THAT(message_of(changed("timm-vit", "global_pool", "map"), weights, ErrorCode::unsupported),
              HasSubstr("'global_pool' is 'map'"));
}

TEST(VisionTransformer, SaysWhichInputsItTakes) {
  const c10::AutoGradMode no_grad(false);
  const auto message = [](Backbone& network, at::IntArrayRef shape) {
    try {
      network.forward(at::zeros(shape), {});
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::usage);
      return std::string(e.what());
    }
    return std::string();
  };
  const auto fixed = open(config_of("vit"), weights_of("vit"));
  EXPECT_THAT(message(*fixed.network, {1, 3, 32, 32}), HasSubstr("height and width 24 pixels; found [1, 3, 32, 32]"));
  EXPECT_THAT(message(*fixed.network, {1, 1, 24, 24}), HasSubstr("found [1, 1, 24, 24]"));
  const auto any = open(config_of("dinov2"), weights_of("dinov2"));
  EXPECT_THAT(message(*any.network, {1, 3, 32, 20}), HasSubstr("multiples of 8 pixels; found [1, 3, 32, 20]"));
}

}  // namespace
}  // namespace fovea::nn
