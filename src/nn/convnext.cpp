#include "nn/convnext.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <ATen/ops/addcmul.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/ones.h>

#include "nn/backbone_config.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kMaxWidth = 8192;
constexpr std::int64_t kMaxDepth = 256;
constexpr std::int64_t kKernel = 7;
constexpr std::int64_t kExpansion = 4;
constexpr double kEpsilon = 1e-6;        // of all norms but the classifier's
constexpr std::int64_t kSquashed = 384;  // inputs from here on show the whole image

struct Variant {
  const char* name;
  std::array<std::int64_t, 4> widths;
  std::array<std::int64_t, 4> depths;
  int resize = 0;            // shorter side before the crop of torchvision's weights; 0: not torchvision's
  double crop_pct = 0.875;   // of timm's usual weights ...
  std::int64_t input = 224;  // ... and their input
};
constexpr std::array<Variant, 18> kVariants{{{"convnext_atto", {40, 80, 160, 320}, {2, 2, 6, 2}},
                                             {"convnext_femto", {48, 96, 192, 384}, {2, 2, 6, 2}},
                                             {"convnext_pico", {64, 128, 256, 512}, {2, 2, 6, 2}},
                                             {"convnext_nano", {80, 160, 320, 640}, {2, 2, 8, 2}, 0, 0.95},
                                             {"convnext_tiny", {96, 192, 384, 768}, {3, 3, 9, 3}, 236, 0.95},
                                             {"convnext_small", {96, 192, 384, 768}, {3, 3, 27, 3}, 230, 0.95},
                                             {"convnext_base", {128, 256, 512, 1024}, {3, 3, 27, 3}, 232},
                                             {"convnext_large", {192, 384, 768, 1536}, {3, 3, 27, 3}, 232},
                                             {"convnext_xlarge", {256, 512, 1024, 2048}, {3, 3, 27, 3}},
                                             {"convnextv2_atto", {40, 80, 160, 320}, {2, 2, 6, 2}},
                                             {"convnextv2_femto", {48, 96, 192, 384}, {2, 2, 6, 2}},
                                             {"convnextv2_pico", {64, 128, 256, 512}, {2, 2, 6, 2}},
                                             {"convnextv2_nano", {80, 160, 320, 640}, {2, 2, 8, 2}},
                                             {"convnextv2_tiny", {96, 192, 384, 768}, {3, 3, 9, 3}},
                                             {"convnextv2_small", {96, 192, 384, 768}, {3, 3, 27, 3}},
                                             {"convnextv2_base", {128, 256, 512, 1024}, {3, 3, 27, 3}},
                                             {"convnextv2_large", {192, 384, 768, 1536}, {3, 3, 27, 3}},
                                             {"convnextv2_huge", {352, 704, 1408, 2816}, {3, 3, 27, 3}, 0, 1, 384}}};

BackboneShape shape_of(const ConvNextOptions& options) {
  BackboneShape shape{.kind = BackboneKind::cnn,
                      .input_height = options.input,
                      .input_width = options.input,
                      .width = options.widths.back(),
                      .levels = {}};
  auto stride = options.patch;
  for (const auto width : options.widths) {
    shape.levels.push_back({.stride = stride, .channels = width});
    stride *= 2;
  }
  return shape;
}

bool claims(const ForeignConfig& config) {
  const auto type = config.text("model_type", "");
  return type == "convnext" || type == "convnextv2" || architecture_of(config).starts_with("convnext");
}

ConvNextOptions hugging_face_options(const ForeignConfig& config) {
  ConvNextOptions options;
  config.require("num_channels", 3);
  options.version_2 = config.text("model_type", "") == "convnextv2";
  options.scales_layers = !options.version_2 && config.number("layer_scale_init_value", kEpsilon, 0, 1e6) > 0;
  options.patch = config.side("patch_size", options.patch, 1, 64);
  options.widths = config.integers("hidden_sizes", options.widths, 1, kMaxWidth);
  options.depths = config.integers("depths", options.depths, 1, kMaxDepth);
  const auto stages = config.integer("num_stages", static_cast<std::int64_t>(options.widths.size()), 1, 16);
  if (options.widths.size() != options.depths.size() || static_cast<std::size_t>(stages) != options.depths.size()) {
    config.fail("'num_stages' is " + std::to_string(stages) + ", 'hidden_sizes' has " +
                std::to_string(options.widths.size()) + " numbers and 'depths' " +
                std::to_string(options.depths.size()) + ", expected as many");
  }
  options.activation = activation_named(config.text("hidden_act", "gelu"), config.source());
  options.head_epsilon = config.number("layer_norm_eps", 1e-12, 0, 1);
  options.input = config.side("image_size", options.input, 1, 4096);
  return options;
}

ConvNextOptions variant_options(const Variant& variant) {
  ConvNextOptions options;
  options.widths.assign(variant.widths.begin(), variant.widths.end());
  options.depths.assign(variant.depths.begin(), variant.depths.end());
  options.version_2 = std::string_view(variant.name).starts_with("convnextv2");
  options.scales_layers = !options.version_2;
  return options;
}

NameMap hugging_face_names(const TensorMap& tensors) {
  const auto layer = std::string("encoder.stages.*.layers.*.");
  const NameMap body{.rules = {{.ours = "stem.conv.", .foreign = "embeddings.patch_embeddings."},
                               {.ours = "stem.norm.", .foreign = "embeddings.layernorm."},
                               {.ours = "stages.*.norm.", .foreign = "encoder.stages.*.downsampling_layer.0."},
                               {.ours = "stages.*.conv.", .foreign = "encoder.stages.*.downsampling_layer.1."},
                               {.ours = "stages.*.blocks.*.depthwise.", .foreign = layer + "dwconv."},
                               {.ours = "stages.*.blocks.*.norm.", .foreign = layer + "layernorm."},
                               {.ours = "stages.*.blocks.*.expand.", .foreign = layer + "pwconv1."},
                               {.ours = "stages.*.blocks.*.response.", .foreign = layer + "grn.", .squeezed = true},
                               {.ours = "stages.*.blocks.*.project.", .foreign = layer + "pwconv2."},
                               {.ours = "stages.*.blocks.*.scale", .foreign = layer + "layer_scale_parameter"},
                               {.ours = "norm.", .foreign = "layernorm."}},
                     .ignored = {"layernorm.", "hidden_states_norms."}};
  std::string prefix;
  for (const char* name : {"convnext.", "convnextv2."}) {
    if (has_prefix(tensors, name)) prefix = name;
  }
  NameMap names = body.below(prefix);
  names.ignored.emplace_back("classifier.");
  return names;
}

NameMap torchvision_names(const ConvNextOptions& options) {
  NameMap names{.rules = {{.ours = "stem.conv.", .foreign = "features.0.0."},
                          {.ours = "stem.norm.", .foreign = "features.0.1."},
                          {.ours = "norm.", .foreign = "classifier.0."},
                          {.ours = "classifier.", .foreign = "classifier.2."}},
                .ignored = {"classifier."}};
  for (std::size_t s = 0; s < options.widths.size(); ++s) {
    const auto stage = "stages." + std::to_string(s) + ".";
    const auto down = "features." + std::to_string(2 * s) + ".";
    const auto block = "features." + std::to_string(2 * s + 1) + ".*.";
    names.rules.push_back({.ours = stage + "norm.", .foreign = down + "0."});
    names.rules.push_back({.ours = stage + "conv.", .foreign = down + "1."});
    names.rules.push_back({.ours = stage + "blocks.*.depthwise.", .foreign = block + "block.0."});
    names.rules.push_back({.ours = stage + "blocks.*.norm.", .foreign = block + "block.2."});
    names.rules.push_back({.ours = stage + "blocks.*.expand.", .foreign = block + "block.3."});
    names.rules.push_back({.ours = stage + "blocks.*.project.", .foreign = block + "block.5."});
    names.rules.push_back({.ours = stage + "blocks.*.scale", .foreign = block + "layer_scale", .squeezed = true});
  }
  return names;
}

/// timm's small networks store the perceptrons as 1x1 convolutions.
NameMap timm_names() {
  const auto block = std::string("stages.*.blocks.*.");
  return {.rules = {{.ours = "stem.conv.", .foreign = "stem.0."},
                    {.ours = "stem.norm.", .foreign = "stem.1."},
                    {.ours = "stages.*.norm.", .foreign = "stages.*.downsample.0."},
                    {.ours = "stages.*.conv.", .foreign = "stages.*.downsample.1."},
                    {.ours = block + "depthwise.", .foreign = block + "conv_dw."},
                    {.ours = block + "norm.", .foreign = block + "norm."},
                    {.ours = block + "expand.", .foreign = block + "mlp.fc1.", .squeezed = true},
                    {.ours = block + "response.", .foreign = block + "mlp.grn."},
                    {.ours = block + "project.", .foreign = block + "mlp.fc2.", .squeezed = true},
                    {.ours = block + "scale", .foreign = block + "gamma"},
                    {.ours = "norm.", .foreign = "head.norm."},
                    {.ours = "classifier.", .foreign = "head.fc."}},
          .ignored = {"head."}};
}

/// Large images are seen whole.
image::InputTransform squashed_if_large(image::InputTransform input) {
  if (input.width < kSquashed) return input;
  input.rule = image::ResizeRule::exact;
  input.resize_width = input.resize_height = input.width;
  return input;
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  BackboneBlueprint result;
  ConvNextOptions options;
  const auto naming = naming_of(config);
  if (naming == Naming::hugging_face) {
    options = hugging_face_options(config);
    result.names = hugging_face_names(tensors);
    result.labels = classifier_labels(config, tensors, "classifier.weight");
    result.input = squashed_if_large(hugging_face_cnn_input(static_cast<int>(options.input)));
  } else {
    require_plain_model_args(config);
    const bool torchvision = naming == Naming::torchvision;
    const auto& variant = find_variant(config, kVariants, [&](const auto& v) { return !torchvision || v.resize > 0; });
    options = variant_options(variant);
    result.names = torchvision ? torchvision_names(options) : timm_names();
    result.labels = classifier_labels(config, tensors, torchvision ? "classifier.2.weight" : "head.fc.weight");
    result.input = torchvision ? torchvision_input(config, image::torchvision_transform(variant.resize, 224))
                               : timm_input(config, squashed_if_large(timm_transform(variant.input, variant.crop_pct)));
  }
  result.independent_labels = has_independent_labels(config, result.labels);
  options.labels = static_cast<std::int64_t>(result.labels.size());
  result.network = std::make_shared<ConvNext>(options);
  return result;
}

/// A layer over the features of each cell: [B, C, H, W] in channels-last memory -> the same.
template <typename Layer>
at::Tensor per_cell(Layer& layer, const at::Tensor& x) {
  return layer(x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
}

}  // namespace

ResponseNormImpl::ResponseNormImpl(std::int64_t width)
    : weight_(register_parameter("weight", at::empty({width}))),
      bias_(register_parameter("bias", at::empty({width}))) {}

at::Tensor ResponseNormImpl::forward(const at::Tensor& x) {
  const auto length = at::linalg_vector_norm(x, 2, at::IntArrayRef({1, 2}), /*keepdim=*/true);
  const auto response = length / (length.mean(-1, /*keepdim=*/true) + kEpsilon);
  return at::addcmul(bias_, x, at::addcmul(at::ones({}, x.options()), weight_, response));
}

ConvNextBlockImpl::ConvNextBlockImpl(const ConvNextOptions& options, std::int64_t width)
    : depthwise_(register_module(
          "depthwise", ConvUnit(ConvUnitOptions{.in = width, .out = width, .kernel = kKernel, .groups = width}))),
      norm_(register_module("norm", NormLayer(width, kEpsilon))),
      expand_(register_module("expand", LinearLayer(width, kExpansion * width))),
      project_(register_module("project", LinearLayer(kExpansion * width, width))),
      activation_(options.activation) {
  if (options.version_2) response_ = register_module("response", ResponseNorm(kExpansion * width));
  if (options.scales_layers) scale_ = register_parameter("scale", at::empty({width}));
}

at::Tensor ConvNextBlockImpl::forward(const at::Tensor& x) {
  auto y = activate(expand_(norm_(depthwise_(x).permute({0, 2, 3, 1}))), activation_);
  if (!response_.is_empty()) y = response_(y);
  y = project_(y).permute({0, 3, 1, 2});
  return scale_.defined() ? at::addcmul(x, y, scale_.view({1, -1, 1, 1})) : x + y;
}

ConvNext::ConvNext(const ConvNextOptions& options) : Backbone(shape_of(options)), labels_(options.labels) {
  const auto module = [](auto& parent, const std::string& name) {
    return parent.register_module(name, std::make_shared<torch::nn::Module>());
  };
  const auto stem = module(*this, "stem");
  auto in = options.widths.front();
  stem_ = stem->register_module(
      "conv", ConvUnit(ConvUnitOptions{
                  .in = 3, .out = in, .kernel = options.patch, .stride = options.patch, .padding = Padding::none}));
  stem_norm_ = stem->register_module("norm", NormLayer(in, kEpsilon));
  const auto list = module(*this, "stages");
  for (std::size_t s = 0; s < options.widths.size(); ++s) {
    const auto part = module(*list, std::to_string(s));
    auto& stage = stages_.emplace_back();
    const auto out = options.widths[s];
    if (s > 0) {
      stage.norm = part->register_module("norm", NormLayer(in, kEpsilon));
      stage.conv = part->register_module(
          "conv", ConvUnit(ConvUnitOptions{.in = in, .out = out, .kernel = 2, .stride = 2, .padding = Padding::none}));
    }
    const auto blocks = module(*part, "blocks");
    for (std::int64_t b = 0; b < options.depths[s]; ++b) {
      stage.blocks.push_back(blocks->register_module(std::to_string(b), ConvNextBlock(options, out)));
    }
    in = out;
  }
  if (labels_ == 0) return;
  norm_ = register_module("norm", NormLayer(in, options.head_epsilon));
  classifier_ = register_module("classifier", LinearLayer(in, labels_));
}

BackboneOutput ConvNext::forward(const at::Tensor& pixels, const BackboneWants& wants) {
  BackboneOutput output;
  auto x = per_cell(stem_norm_, stem_(pixels.contiguous(at::MemoryFormat::ChannelsLast)));
  for (auto& stage : stages_) {
    if (!stage.conv.is_empty()) x = stage.conv(per_cell(stage.norm, x));
    for (auto& block : stage.blocks) x = block(x);
    if (wants.grids) output.grids.push_back(x);
  }
  output.last = x;
  return output;
}

at::Tensor ConvNext::classify(const at::Tensor& last) {
  return classifier_.is_empty() ? Backbone::classify(last) : classifier_(norm_(last.mean({2, 3})));
}

const BackboneFamily& convnext_family() {
  static const BackboneFamily family{
      .name = "convnext", .claims = claims, .blueprint = blueprint, .processor = ImageProcessor::convnext};
  return family;
}

}  // namespace fovea::nn
