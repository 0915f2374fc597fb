/// What the configurations and weights of CNNs may say, and what is refused.
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

#include "cnn_support.hpp"
#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::blueprint_of;
using tests::open_backbone;
using tests::read_config;
using tests::read_weights;

std::string message_of(const std::function<void()>& act, ErrorCode code) {
  try {
    act();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code);
    return e.what();
  }
  return "no error";
}

/// The message for a configuration that is a folder's with one key changed.
std::string config_message(const std::string& folder, const std::string& key, const text::OrderedJson& value,
                           ErrorCode code = ErrorCode::model) {
  auto json = read_config(folder);
  json[key] = value;
  return message_of([&] { blueprint_of(json, read_weights(folder)); }, code);
}

TEST(CnnConfig, DefaultsAreTransformers) {
  const auto resnet = blueprint_of({{"model_type", "resnet"}}, {});
  EXPECT_EQ(resnet.network->shape().width, 2048);
  EXPECT_EQ(resnet.network->shape().grid_height(), 7);
  EXPECT_EQ(resnet.network->label_count(), 0);
  EXPECT_THROW(resnet.network->classify(at::zeros({1, 2048, 1, 1})), Error);
  const auto mobilenet = blueprint_of({{"model_type", "mobilenet_v2"}}, {});
  EXPECT_EQ(mobilenet.network->shape().width, 1280);
  EXPECT_EQ(mobilenet.input.mean, (std::array<double, 3>{0.5, 0.5, 0.5}));
  const auto convnext = blueprint_of({{"model_type", "convnext"}}, {});
  EXPECT_EQ(convnext.network->shape().width, 768);
  EXPECT_EQ(convnext.input.shortest_edge, 256);
  EXPECT_EQ(convnext.input.filter, image::Filter::bicubic);
  const auto large = blueprint_of({{"model_type", "convnext"}, {"image_size", 384}}, {});
  EXPECT_EQ(large.input.rule, image::ResizeRule::exact);
  EXPECT_EQ(large.network->shape().grid_width(), 12);
}

TEST(CnnConfig, LabelsAreNamedOrNumbered) {
  EXPECT_THAT(blueprint_of(read_config("resnet"), read_weights("resnet")).labels, ElementsAre("cat", "dog", "owl"));
  const auto timm = blueprint_of(read_config("timm-mobilenetv3_small_050"), read_weights("timm-mobilenetv3_small_050"));
  EXPECT_THAT(timm.labels, ElementsAre("class 0", "class 1", "class 2", "class 3", "class 4"));
  EXPECT_FALSE(timm.independent_labels);
  const TensorMap rows{{"fc.weight", at::zeros({2, 512})}};
  EXPECT_THAT(blueprint_of({{"library", "torchvision"}, {"architecture", "resnet18"}}, rows).labels,
              ElementsAre("LABEL_0", "LABEL_1"));
  EXPECT_TRUE(blueprint_of(read_config("convnext"), read_weights("convnext")).independent_labels);
}

TEST(CnnConfig, OneLabelHasAProbabilityOfItsOwn) {
  const TensorMap row{{"classifier.1.weight", at::zeros({1, 2048})}};
  EXPECT_TRUE(blueprint_of({{"model_type", "resnet"}}, row).independent_labels);
  EXPECT_TRUE(blueprint_of({{"architecture", "resnet18"}}, {{"fc.weight", at::zeros({1, 512})}}).independent_labels);
  EXPECT_FALSE(blueprint_of({{"model_type", "resnet"}}, {}).independent_labels);
  const text::OrderedJson regression{{"model_type", "resnet"}, {"problem_type", "regression"}};
  EXPECT_THAT(message_of([&] { blueprint_of(regression, row); }, ErrorCode::unsupported),
              HasSubstr("FOLDER/config.json: 'problem_type' is 'regression'"));
  EXPECT_EQ(blueprint_of(regression, {}).labels.size(), 0) << "an encoder alone is of use";
}

TEST(CnnConfig, InputsAreAsPublished) {
  const auto input = [](const text::OrderedJson& json) { return blueprint_of(json, {}).input; };
  EXPECT_EQ(input({{"library", "torchvision"}, {"architecture", "resnet18"}}), image::torchvision_transform(256, 224));
  EXPECT_EQ(input({{"library", "torchvision"}, {"architecture", "resnet50"}}), image::torchvision_transform(232, 224));
  EXPECT_EQ(input({{"library", "torchvision"}, {"architecture", "convnext_small"}}),
            image::torchvision_transform(230, 224));
  EXPECT_EQ(input(read_config("timm-resnet34")).shortest_edge, 235);  // 224 / 0.95
  EXPECT_EQ(input({{"architecture", "convnext_tiny"}}).filter, image::Filter::bicubic);
  EXPECT_EQ(input({{"library", "torchvision"}, {"architecture", "densenet161"}}),
            image::torchvision_transform(256, 224));
}

TEST(CnnConfig, EfficientNetsScaleAsTimmsDo) {
  struct Row {
    const char* name;
    std::int64_t stem, head;
    std::vector<std::int64_t> repeats;
  };
  for (const auto& [name, stem, head, repeats] : {Row{"efficientnet_b0", 32, 1280, {1, 2, 2, 3, 3, 4, 1}},
                                                  Row{"efficientnet_b1", 32, 1280, {2, 3, 3, 4, 4, 5, 2}},
                                                  Row{"efficientnet_b2", 32, 1408, {2, 3, 3, 4, 4, 5, 2}},
                                                  Row{"efficientnet_b3", 40, 1536, {2, 3, 3, 5, 5, 6, 2}},
                                                  Row{"efficientnet_b4", 48, 1792, {2, 4, 4, 6, 6, 8, 2}},
                                                  Row{"efficientnet_b5", 48, 2048, {3, 5, 5, 7, 7, 9, 3}},
                                                  Row{"efficientnet_b6", 56, 2304, {3, 6, 6, 8, 8, 11, 3}},
                                                  Row{"efficientnet_b7", 64, 2560, {4, 7, 7, 10, 10, 13, 4}},
                                                  Row{"efficientnet_b8", 72, 2816, {4, 8, 8, 11, 11, 15, 4}},
                                                  Row{"efficientnet_lite0", 32, 1280, {1, 2, 2, 3, 3, 4, 1}},
                                                  Row{"efficientnet_lite1", 32, 1280, {1, 3, 3, 4, 4, 5, 1}},
                                                  Row{"efficientnet_lite2", 32, 1280, {1, 3, 3, 4, 4, 5, 1}},
                                                  Row{"efficientnet_lite3", 32, 1280, {1, 3, 3, 5, 5, 6, 1}},
                                                  Row{"efficientnet_lite4", 32, 1280, {1, 4, 4, 6, 6, 8, 1}}}) {
    SCOPED_TRACE(name);
    for (const std::string prefix : {"", "tf_"}) {
      const auto network = blueprint_of({{"architecture", prefix + name}}, {}).network;
      const auto weights = named_weights(*network);
      EXPECT_EQ(weights.at("stem.weight").size(0), stem);
      EXPECT_EQ(weights.at("head.weight").size(0), head);
      std::int64_t blocks = 0;
      while (weights.contains("blocks." + std::to_string(blocks) + ".project.weight")) ++blocks;
      EXPECT_EQ(blocks, std::accumulate(repeats.begin(), repeats.end(), std::int64_t{0}));
    }
  }
}

TEST(CnnConfig, VariantsThatAreNotKnownAreRefusedByName) {
  const auto refusal = [](const std::string& architecture, const char* library = "timm") {
    return message_of(
        [&] {
          blueprint_of({{"library", library}, {"architecture", architecture}}, {});
        },
        ErrorCode::unsupported);
  };
  for (const char* name :
       {"resnet50d", "resnext50_32x4d", "seresnet50", "wide_resnet50_2", "densenet264d", "densenetblur121d",
        "mobilenetv2_120d", "tf_mobilenetv3_large_100", "mobilenetv3_rw", "convnext_tiny_hnf", "convnext_large_mlp",
        "convnextv2_giant", "efficientnet_b3_pruned", "tf_efficientnetv2_s", "efficientnet_b9"}) {
    EXPECT_THAT(refusal(name), AllOf(HasSubstr("FOLDER/config.json: the architecture '" + std::string(name) + "'"),
                                     HasSubstr("expected one of ")));
  }
  EXPECT_THAT(refusal("tf_efficientnet_b0", "torchvision"), HasSubstr("efficientnet_b0, efficientnet_b1"));
  EXPECT_THAT(refusal("convnext_xlarge", "torchvision"), HasSubstr("convnext_tiny, convnext_small"));
  EXPECT_THAT(config_message("timm-resnet34", "model_args", {{"stem_width", 32}}, ErrorCode::unsupported),
              HasSubstr("'stem_width' is 32"));
  EXPECT_EQ(blueprint_of({{"architecture", "resnet18.a1_in1k"}}, {}).network->shape().width, 512);
}

TEST(CnnConfig, ValuesOutOfRangeAreNamed) {
  EXPECT_THAT(config_message("resnet", "hidden_sizes", {16, 24}), HasSubstr("'hidden_sizes' has 2 stages"));
  EXPECT_THAT(config_message("resnet", "depths", {0, 1, 1, 1}), HasSubstr("'depths' is [0,1,1,1]"));
  EXPECT_THAT(config_message("resnet", "layer_type", "wide"), HasSubstr("'layer_type' is 'wide'"));
  EXPECT_THAT(config_message("resnet", "hidden_act", "mish", ErrorCode::unsupported), HasSubstr("'mish'"));
  EXPECT_THAT(config_message("resnet", "num_channels", 4, ErrorCode::unsupported), HasSubstr("'num_channels' is 4"));
  EXPECT_THAT(config_message("mobilenet_v2", "output_stride", 16, ErrorCode::unsupported),
              HasSubstr("'output_stride' is 16"));
  EXPECT_THAT(config_message("mobilenet_v2", "depth_multiplier", -1), HasSubstr("'depth_multiplier' is -1"));
  EXPECT_THAT(config_message("convnext", "num_stages", 3), HasSubstr("'num_stages' is 3"));
  EXPECT_THAT(config_message("convnext", "patch_size", {4, 2}), HasSubstr("'patch_size' is [4,2]"));
  EXPECT_THAT(config_message("torchxrayvision", "op_threshs", {0.5}), HasSubstr("a list of 4 numbers or nulls"));
  EXPECT_THAT(config_message("torchxrayvision", "op_threshs", {0.5, nullptr, 1.5, 0.5}), HasSubstr("has 1.5"));
  EXPECT_THAT(config_message("torchxrayvision", "pathologies", text::OrderedJson::array()),
              HasSubstr("'pathologies' is missing"));
  EXPECT_THAT(config_message("torchxrayvision", "block_config", text::OrderedJson::array()),
              HasSubstr("'block_config' is empty"));
}

/// The message for a folder's weights after a change.
std::string weights_message(const std::string& folder, const std::function<void(TensorMap&)>& change) {
  auto tensors = read_weights(folder);
  change(tensors);
  return message_of([&] { open_backbone(read_config(folder), tensors); }, ErrorCode::model);
}

TEST(CnnConfig, TensorsThatDoNotFitAreNamed) {
  struct Case {
    const char* folder;
    const char* name;
  };
  for (const auto& c : {Case{"resnet", "resnet.encoder.stages.1.layers.0.layer.2.normalization.running_var"},
                        Case{"timm-mobilenetv3_small_050", "blocks.2.1.se.conv_reduce.weight"},
                        Case{"torchxrayvision", "features.denseblock2.denselayer3.norm1.bias"},
                        Case{"mobilenet_v2", "mobilenet_v2.conv_stem.reduce_1x1.convolution.weight"},
                        Case{"convnextv2", "convnextv2.encoder.stages.2.layers.1.grn.weight"},
                        Case{"timm-tf_efficientnet_lite2", "blocks.1.2.conv_dw.weight"},
                        Case{"torchvision-efficientnet_b1", "features.1.1.block.1.fc2.weight"},
                        Case{"torchvision-convnext_tiny", "features.1.0.layer_scale"}}) {
    const std::string folder = c.folder, name = c.name;
    SCOPED_TRACE(folder);
    EXPECT_THAT(weights_message(folder, [&](auto& tensors) { EXPECT_EQ(tensors.erase(name), 1U); }),
                HasSubstr("missing: " + name));
    EXPECT_THAT(weights_message(folder,
                                [&](auto& tensors) {
                                  tensors[name] = at::zeros({3, 7});
                                }),
                AllOf(HasSubstr("wrong shape: " + name + " is [3, 7]"), HasSubstr("expected ")));
    EXPECT_THAT(weights_message(folder, [&](auto& tensors) { tensors["extra"] = at::zeros({1}); }),
                HasSubstr("unexpected: extra"));
  }
}

TEST(CnnConfig, StoredTypesMayDiffer) {
  auto tensors = read_weights("resnet");
  for (auto& [name, tensor] : tensors) {
    if (tensor.is_floating_point()) tensor = tensor.to(at::kBFloat16);
  }
  const auto opened = open_backbone(read_config("resnet"), tensors);
  EXPECT_EQ(opened.network->parameters().front().scalar_type(), at::kFloat);
}

TEST(CnnConfig, ProbabilitiesExcludeEachOtherOrNot) {
  const auto network = blueprint_of({{"model_type", "resnet"}}, {}).network;
  const auto logits = at::zeros({1, 4}, at::kBFloat16);
  EXPECT_TRUE((network->probabilities(logits, false) == 0.25).all().item<bool>());
  EXPECT_TRUE((network->probabilities(logits, true) == 0.5).all().item<bool>());
}

}  // namespace
}  // namespace fovea::nn
