#include "nn/densenet.hpp"

#include <array>
#include <utility>

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <c10/core/GradMode.h>

#include "nn/backbone_config.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kSqueeze = 4;  // features of a layer's 1x1 convolution, times the growth
constexpr std::int64_t kStemStride = 4;

struct Variant {
  const char* name;
  std::int64_t stem;
  std::int64_t growth;
  std::array<std::int64_t, 4> depths;
};
constexpr std::array<Variant, 4> kVariants{{{"densenet121", 64, 32, {6, 12, 24, 16}},
                                            {"densenet161", 96, 48, {6, 12, 36, 24}},
                                            {"densenet169", 64, 32, {6, 12, 32, 32}},
                                            {"densenet201", 64, 32, {6, 12, 48, 32}}}};

BackboneShape shape_of(const DenseNetOptions& options) {
  BackboneShape shape{.kind = BackboneKind::cnn,
                      .input_height = options.input,
                      .input_width = options.input,
                      .channels = options.channels,
                      .levels = {}};
  auto width = options.stem;
  auto stride = kStemStride;
  for (const auto depth : options.depths) {
    if (!shape.levels.empty()) width /= 2;
    width += depth * options.growth;
    shape.levels.push_back({.stride = stride, .channels = width});
    stride *= 2;
  }
  shape.width = width;
  return shape;
}

/// relu(norm(x)), which no gradient needs twice.
at::Tensor rectified(ScaleShift& norm, const at::Tensor& x) {
  auto y = norm(x);
  return c10::GradMode::is_enabled() ? at::relu(y) : y.relu_();
}

bool claims(const ForeignConfig& config) { return architecture_of(config).starts_with("densenet"); }

DenseNetOptions variant_options(const Variant& variant) {
  return {.stem = variant.stem, .growth = variant.growth, .depths = {variant.depths.begin(), variant.depths.end()}};
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  require_plain_model_args(config);
  auto options = variant_options(find_variant(config, kVariants));
  BackboneBlueprint result;
  result.labels = classifier_labels(config, tensors, "classifier.weight");
  result.names = densenet_names(options, tensors);
  result.input = naming_of(config) == Naming::torchvision
                     ? torchvision_input(config, image::torchvision_transform(256, 224))
                     : timm_input(config, timm_transform(224, 0.875));
  result.independent_labels = has_independent_labels(config, result.labels);
  options.labels = static_cast<std::int64_t>(result.labels.size());
  result.network = std::make_shared<DenseNet>(options);
  return result;
}

}  // namespace

DenseLayerImpl::DenseLayerImpl(std::int64_t in, std::int64_t growth)
    : norm_(register_module("norm", ScaleShift(in))),
      squeeze_(register_module(
          "squeeze", ConvUnit(ConvUnitOptions{.in = in, .out = kSqueeze * growth, .activation = Activation::relu}))),
      grow_(register_module(
          "grow", ConvUnit(ConvUnitOptions{.in = kSqueeze * growth, .out = growth, .kernel = 3, .bias = false}))) {}

at::Tensor DenseLayerImpl::forward(const at::Tensor& x) { return grow_(squeeze_(rectified(norm_, x))); }

DenseBlockImpl::DenseBlockImpl(std::int64_t in, std::int64_t growth, std::int64_t depth) : growth_(growth) {
  for (std::int64_t i = 0; i < depth; ++i) {
    layers_.push_back(register_module(std::to_string(i), DenseLayer(in + i * growth, growth)));
  }
}

at::Tensor DenseBlockImpl::forward(const at::Tensor& x) {
  if (c10::GradMode::is_enabled()) {
    auto all = x;
    for (auto& layer : layers_) all = at::cat({all, layer(all)}, 1);
    return all;
  }
  // Each layer writes its features behind those of the others, so that nothing is copied again for every layer.
  auto width = x.size(1);
  const auto whole = width + growth_ * static_cast<std::int64_t>(layers_.size());
  auto all = at::empty({x.size(0), whole, x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
  all.narrow(1, 0, width).copy_(x);
  for (auto& layer : layers_) {
    all.narrow(1, width, growth_).copy_(layer(all.narrow(1, 0, width)));
    width += growth_;
  }
  return all;
}

TransitionImpl::TransitionImpl(std::int64_t in, std::int64_t out)
    : norm_(register_module("norm", ScaleShift(in))),
      conv_(register_module("conv", ConvUnit(ConvUnitOptions{.in = in, .out = out, .bias = false}))) {}

at::Tensor TransitionImpl::forward(const at::Tensor& x) {
  return at::avg_pool2d(conv_(rectified(norm_, x)), {2, 2}, {2, 2});
}

DenseNet::DenseNet(const DenseNetOptions& options) : Backbone(shape_of(options)), labels_(options.labels) {
  stem_ = register_module(
      "stem",
      ConvUnit(ConvUnitOptions{
          .in = options.channels, .out = options.stem, .kernel = 7, .stride = 2, .activation = Activation::relu}));
  const auto blocks = register_module("blocks", std::make_shared<torch::nn::Module>());
  const auto transitions = register_module("transitions", std::make_shared<torch::nn::Module>());
  auto in = options.stem;
  for (std::size_t i = 0; i < options.depths.size(); ++i) {
    const auto number = std::to_string(i);
    blocks_.push_back(blocks->register_module(number, DenseBlock(in, options.growth, options.depths[i])));
    in = shape().levels[i].channels;
    if (i + 1 == options.depths.size()) break;
    transitions_.push_back(transitions->register_module(number, Transition(in, in / 2)));
    in /= 2;
  }
  norm_ = register_module("norm", ScaleShift(in));
  if (labels_ > 0) classifier_ = register_module("classifier", LinearLayer(in, labels_));
}

BackboneOutput DenseNet::forward(const at::Tensor& pixels, const BackboneWants& wants) {
  BackboneOutput output;
  auto x = at::max_pool2d(stem_(pixels.contiguous(at::MemoryFormat::ChannelsLast)), {3, 3}, {2, 2}, {1, 1});
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i](x);
    if (i + 1 == blocks_.size()) x = rectified(norm_, x);
    if (wants.grids) output.grids.push_back(x);
    if (i + 1 < blocks_.size()) x = transitions_[i](x);
  }
  output.last = x;
  return output;
}

at::Tensor DenseNet::classify(const at::Tensor& last) {
  return classifier_.is_empty() ? Backbone::classify(last) : classifier_(last.mean({2, 3}));
}

NameMap densenet_names(const DenseNetOptions& options, const TensorMap& tensors) {
  const std::string dot = has_prefix(tensors, "features.denseblock1.denselayer1.norm.1.") ? "." : "";
  NameMap names{.rules = {folded("stem.", "features.conv0.", "features.norm0."),
                          lone_norm("norm.", "features.norm5."),
                          {.ours = "classifier.", .foreign = "classifier."}},
                .ignored = {"classifier."}};
  for (std::size_t i = 0; i < options.depths.size(); ++i) {
    const auto number = std::to_string(i);
    const auto foreign = std::to_string(i + 1);
    // Layers count from 1 in the files.
    for (std::int64_t k = 0; k < options.depths[i]; ++k) {
      const auto ours = "blocks." + number + "." + std::to_string(k) + ".";
      const auto layer = "features.denseblock" + foreign + ".denselayer" + std::to_string(k + 1) + ".";
      names.rules.push_back(lone_norm(ours + "norm.", layer + "norm" + dot + "1."));
      names.rules.push_back(folded(ours + "squeeze.", layer + "conv" + dot + "1.", layer + "norm" + dot + "2."));
      names.rules.push_back({.ours = ours + "grow.", .foreign = layer + "conv" + dot + "2."});
    }
    const auto transition = "features.transition" + foreign + ".";
    names.rules.push_back(lone_norm("transitions." + number + ".norm.", transition + "norm."));
    names.rules.push_back({.ours = "transitions." + number + ".conv.", .foreign = transition + "conv."});
  }
  return names;
}

const BackboneFamily& densenet_family() {
  static const BackboneFamily family{.name = "densenet", .claims = claims, .blueprint = blueprint};
  return family;
}

}  // namespace fovea::nn
