#include "nn/resnet.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <ATen/ops/max_pool2d.h>

#include "nn/backbone_config.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kMaxWidth = 8192;
constexpr std::int64_t kMaxDepth = 256;
constexpr std::int64_t kReduction = 4;  // of features within a bottleneck
constexpr std::int64_t kStemStride = 4;
constexpr double kTimmCrop = 0.95;

/// The networks that torchvision and timm name alike.
struct Variant {
  const char* name;
  std::array<std::int64_t, 4> depths;
  bool bottleneck;
  int resize;  // shorter side before the crop of torchvision's newest weights
};
constexpr std::array<Variant, 5> kVariants{{{"resnet18", {2, 2, 2, 2}, false, 256},
                                            {"resnet34", {3, 4, 6, 3}, false, 256},
                                            {"resnet50", {3, 4, 6, 3}, true, 232},
                                            {"resnet101", {3, 4, 23, 3}, true, 232},
                                            {"resnet152", {3, 8, 36, 3}, true, 232}}};

BackboneShape shape_of(const ResNetOptions& options) {
  BackboneShape shape{.kind = BackboneKind::cnn, .width = options.widths.back(), .levels = {}};
  auto stride = kStemStride * (options.first_stage_strides ? 2 : 1);
  for (const auto width : options.widths) {
    shape.levels.push_back({.stride = stride, .channels = width});
    stride *= 2;
  }
  return shape;
}

bool claims(const ForeignConfig& config) {
  if (config.text("model_type", "") == "resnet") return true;
  static constexpr std::array kBeginnings{"resnet", "resnext", "wide_resnet", "seresne", "ecaresnet", "skresne"};
  const auto name = architecture_of(config);
  return std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](const auto* b) { return name.starts_with(b); });
}

ResNetOptions hugging_face_options(const ForeignConfig& config) {
  ResNetOptions options;
  config.require("num_channels", 3);
  options.stem = config.integer("embedding_size", options.stem, 1, kMaxWidth);
  options.widths = config.integers("hidden_sizes", options.widths, 1, kMaxWidth);
  options.depths = config.integers("depths", options.depths, 1, kMaxDepth);
  if (options.widths.empty() || options.widths.size() != options.depths.size()) {
    config.fail("'hidden_sizes' has " + std::to_string(options.widths.size()) + " stages and 'depths' " +
                std::to_string(options.depths.size()) + ", expected one or more, and as many");
  }
  const auto layer = config.text("layer_type", "bottleneck");
  if (layer != "bottleneck" && layer != "basic") {
    config.fail("'layer_type' is '" + layer + "', expected 'bottleneck' or 'basic'");
  }
  options.bottleneck = layer == "bottleneck";
  options.stride_in_first = config.flag("downsample_in_bottleneck", false);
  options.first_stage_strides = config.flag("downsample_in_first_stage", false);
  options.activation = activation_named(config.text("hidden_act", "relu"), config.source());
  return options;
}

ResNetOptions variant_options(const Variant& variant) {
  ResNetOptions options;
  options.depths.assign(variant.depths.begin(), variant.depths.end());
  options.bottleneck = variant.bottleneck;
  if (!variant.bottleneck) {
    for (auto& width : options.widths) width /= kReduction;
  }
  return options;
}

NameMap hugging_face_names(const TensorMap& tensors) {
  const NameMap body{.rules = {folded("stem.", "embedder.embedder.convolution.", "embedder.embedder.normalization."),
                               folded("stages.*.*.convs.*.", "encoder.stages.*.layers.*.layer.*.convolution.",
                                      "encoder.stages.*.layers.*.layer.*.normalization."),
                               folded("stages.*.*.shortcut.", "encoder.stages.*.layers.*.shortcut.convolution.",
                                      "encoder.stages.*.layers.*.shortcut.normalization.")},
                     .ignored = {}};
  NameMap names = body.below(has_prefix(tensors, "resnet.") ? "resnet." : "");
  names.rules.push_back({.ours = "classifier.", .foreign = "classifier.1."});
  names.ignored = {"classifier."};
  return names;
}

/// torchvision's names, which are timm's too; both count stages and convolutions from 1.
NameMap torchvision_names(const ResNetOptions& options) {
  NameMap names{.rules = {folded("stem.", "conv1.", "bn1."), {.ours = "classifier.", .foreign = "fc."}},
                .ignored = {"fc."}};
  for (std::size_t stage = 0; stage < options.widths.size(); ++stage) {
    const auto ours = "stages." + std::to_string(stage) + ".*.";
    const auto foreign = "layer" + std::to_string(stage + 1) + ".*.";
    for (int conv = 0; conv < 3; ++conv) {
      const auto number = std::to_string(conv + 1) + ".";
      names.rules.push_back(
          folded(ours + "convs." + std::to_string(conv) + ".", foreign + "conv" + number, foreign + "bn" + number));
    }
    names.rules.push_back(folded(ours + "shortcut.", foreign + "downsample.0.", foreign + "downsample.1."));
  }
  return names;
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  const auto naming = naming_of(config);
  BackboneBlueprint result;
  ResNetOptions options;
  if (naming == Naming::hugging_face) {
    options = hugging_face_options(config);
    result.labels = classifier_labels(config, tensors, "classifier.1.weight");
    result.names = hugging_face_names(tensors);
    result.input = hugging_face_cnn_input(224);
  } else {
    require_plain_model_args(config);
    const auto& variant = find_variant(config, kVariants);
    options = variant_options(variant);
    result.labels = classifier_labels(config, tensors, "fc.weight");
    result.names = torchvision_names(options);
    result.input = naming == Naming::torchvision
                       ? torchvision_input(config, image::torchvision_transform(variant.resize, 224))
                       : timm_input(config, timm_transform(224, kTimmCrop));
  }
  options.labels = static_cast<std::int64_t>(result.labels.size());
  result.independent_labels = has_independent_labels(config, result.labels);
  result.network = std::make_shared<ResNet>(options);
  return result;
}

}  // namespace

ResNetBlockImpl::ResNetBlockImpl(const ResNetOptions& options, std::int64_t in, std::int64_t out, std::int64_t stride) {
  const auto list = register_module("convs", std::make_shared<torch::nn::Module>());
  const auto add = [&](const ConvUnitOptions& conv) {
    convs_.push_back(list->register_module(std::to_string(convs_.size()), ConvUnit(conv)));
  };
  const auto relu = Activation::relu;
  if (options.bottleneck) {
    const auto inner = out / kReduction;
    add({.in = in, .out = inner, .stride = options.stride_in_first ? stride : 1, .activation = relu});
    add({.in = inner, .out = inner, .kernel = 3, .stride = options.stride_in_first ? 1 : stride, .activation = relu});
    add({.in = inner, .out = out, .activation = options.activation});
  } else {
    add({.in = in, .out = out, .kernel = 3, .stride = stride, .activation = relu});
    add({.in = out, .out = out, .kernel = 3, .activation = options.activation});
  }
  if (in != out || stride != 1) {
    shortcut_ = register_module("shortcut", ConvUnit(ConvUnitOptions{.in = in, .out = out, .stride = stride}));
  }
}

at::Tensor ResNetBlockImpl::forward(const at::Tensor& x) {
  auto y = x;
  for (std::size_t i = 0; i + 1 < convs_.size(); ++i) y = convs_[i](y);
  return convs_.back()->forward_plus(y, shortcut_.is_empty() ? x : shortcut_(x));
}

ResNet::ResNet(const ResNetOptions& options) : Backbone(shape_of(options)), labels_(options.labels) {
  stem_ = register_module(
      "stem", ConvUnit(ConvUnitOptions{
                  .in = 3, .out = options.stem, .kernel = 7, .stride = 2, .activation = options.activation}));
  const auto list = register_module("stages", std::make_shared<torch::nn::Module>());
  auto in = options.stem;
  for (std::size_t s = 0; s < options.widths.size(); ++s) {
    const auto blocks = list->register_module(std::to_string(s), std::make_shared<torch::nn::Module>());
    auto& stage = stages_.emplace_back();
    for (std::int64_t b = 0; b < options.depths[s]; ++b) {
      const bool strides = b == 0 && (s > 0 || options.first_stage_strides);
      const ResNetBlock block(options, in, options.widths[s], strides ? 2 : 1);
      stage.push_back(blocks->register_module(std::to_string(b), block));
      in = options.widths[s];
    }
  }
  if (labels_ > 0) classifier_ = register_module("classifier", LinearLayer(in, labels_));
}

BackboneOutput ResNet::forward(const at::Tensor& pixels, const BackboneWants& wants) {
  BackboneOutput output;
  auto x = at::max_pool2d(stem_(pixels.contiguous(at::MemoryFormat::ChannelsLast)), {3, 3}, {2, 2}, {1, 1});
  for (const auto& stage : stages_) {
    for (auto block : stage) x = block(x);
    if (wants.grids) output.grids.push_back(x);
  }
  output.last = x;
  return output;
}

at::Tensor ResNet::classify(const at::Tensor& last) {
  return classifier_.is_empty() ? Backbone::classify(last) : classifier_(last.mean({2, 3}));
}

const BackboneFamily& resnet_family() {
  static const BackboneFamily family{
      .name = "resnet", .claims = claims, .blueprint = blueprint, .processor = ImageProcessor::convnext};
  return family;
}

}  // namespace fovea::nn
