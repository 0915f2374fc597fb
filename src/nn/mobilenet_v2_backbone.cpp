#include "nn/mobilenet_v2_backbone.hpp"

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "nn/backbone_config.hpp"

namespace fovea::nn {
namespace {

struct Stage {
  std::int64_t expansion, width, repeats, stride;
};
// Table 2 of the paper.
constexpr std::array<Stage, 7> kStages{
    {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};
constexpr std::int64_t kStem = 32;
constexpr std::int64_t kHead = 1280;

/// Blocks whose outputs are the grids at strides 4, 8 and 16; that at 32 is the head's.
constexpr std::array<std::size_t, 3> kGridBlocks{2, 5, 12};

struct Variant {
  const char* name;
  double multiplier;
};
constexpr const char* kTorchvisionName = "mobilenet_v2";
constexpr std::array<Variant, 6> kVariants{{{kTorchvisionName, 1},
                                            {"mobilenetv2_035", 0.35},
                                            {"mobilenetv2_050", 0.5},
                                            {"mobilenetv2_075", 0.75},
                                            {"mobilenetv2_100", 1},
                                            {"mobilenetv2_140", 1.4}}};

bool claims(const ForeignConfig& config) {
  if (config.text("model_type", "") == "mobilenet_v2") return true;
  const auto name = architecture_of(config);
  return name == kTorchvisionName || name.starts_with("mobilenetv2_");
}

MobileNetV2Options hugging_face_options(const ForeignConfig& config) {
  config.require("num_channels", 3);
  config.require("output_stride", 32);
  MobileNetV2Scale scale{.whole_widths = true};
  scale.multiplier = config.number("depth_multiplier", 1, 0.01, 16);
  scale.divisor = config.integer("depth_divisible_by", 8, 1, 1024);
  scale.least = config.integer("min_depth", 8, 1, 4096);
  scale.expansion = config.number("expand_ratio", 6, 0.1, 64);
  scale.fixed_head = config.flag("finegrained_output", true);
  auto options = mobilenet_v2_options(scale);
  auto& body = options.body;
  body.blocks.front().adds = false;
  body.blocks.front().expands = !config.flag("first_layer_is_expansion", true);
  body.padding = config.flag("tf_padding", true) ? Padding::same : Padding::half;
  body.activation = activation_named(config.text("hidden_act", "relu6"), config.source());
  body.input = config.side("image_size", body.input, 32, 4096);
  for (auto& block : body.blocks) {
    block.padding = body.padding;
    block.activation = body.activation;
  }
  return options;
}

NameMap hugging_face_names(const TensorMap& tensors, double epsilon) {
  NameMap names;
  const auto unit = [&](const std::string& ours, const std::string& foreign) {
    names.rules.push_back(folded(ours + ".", foreign + ".convolution.", foreign + ".normalization.", epsilon));
  };
  unit("stem", "conv_stem.first_conv");
  unit("head", "conv_1x1");
  constexpr std::array<std::pair<const char*, const char*>, 3> kParts{
      {{"expand", "expand_1x1"}, {"depthwise", "conv_3x3"}, {"project", "reduce_1x1"}}};
  std::size_t block = 0;
  for (const auto& stage : kStages) {
    for (std::int64_t i = 0; i < stage.repeats; ++i, ++block) {
      const auto foreign = block == 0 ? std::string("conv_stem.") : "layer." + std::to_string(block - 1) + ".";
      for (const auto& [mine, theirs] : kParts) unit("blocks." + std::to_string(block) + "." + mine, foreign + theirs);
    }
  }
  names = names.below(has_prefix(tensors, "mobilenet_v2.") ? "mobilenet_v2." : "");
  names.ignored = {"classifier."};
  return names;
}

NameMap torchvision_names() {
  NameMap names{.rules = {folded("stem.", "features.0.0.", "features.0.1."),
                          folded("head.", "features.18.0.", "features.18.1."),
                          {.ours = "classifier.", .foreign = "classifier.1."}},
                .ignored = {"classifier."}};
  for (int block = 0; block < 17; ++block) {
    const auto ours = "blocks." + std::to_string(block) + ".";
    const auto foreign = "features." + std::to_string(block + 1) + ".conv.";
    // The first block has no expansion, so that its depthwise convolution is number 0.
    const int depthwise = block == 0 ? 0 : 1;
    const auto number = [&](int n) { return foreign + std::to_string(n) + "."; };
    if (block > 0) names.rules.push_back(folded(ours + "expand.", number(0) + "0.", number(0) + "1."));
    names.rules.push_back(folded(ours + "depthwise.", number(depthwise) + "0.", number(depthwise) + "1."));
    names.rules.push_back(folded(ours + "project.", number(depthwise + 1), number(depthwise + 2)));
  }
  return names;
}

NameMap timm_names() {
  NameMap names{.rules = {folded("stem.", "conv_stem.", "bn1."), folded("head.", "conv_head.", "bn2.")},
                .ignored = {"classifier."}};
  std::size_t block = 0;
  for (std::size_t s = 0; s < kStages.size(); ++s) {
    for (std::int64_t i = 0; i < kStages[s].repeats; ++i, ++block) {
      add_timm_block(names, "blocks." + std::to_string(block) + ".",
                     "blocks." + std::to_string(s) + "." + std::to_string(i) + ".", block > 0, 1e-5);
    }
  }
  return names;
}

/// What Google's models were published with: x / 127.5 - 1, the shorter side 8/7 of the input.
image::InputTransform google_input(std::int64_t side) {
  auto input = image::torchvision_transform(static_cast<int>(side) * 8 / 7, static_cast<int>(side));
  input.centre = image::CentreRule::down;
  input.mean = input.std = {0.5, 0.5, 0.5};
  return input;
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  BackboneBlueprint result;
  MobileNetV2Options options;
  const bool torchvision = architecture_of(config) == kTorchvisionName;
  if (naming_of(config) == Naming::hugging_face) {
    options = hugging_face_options(config);
    result.names = hugging_face_names(tensors, config.number("layer_norm_eps", 0.001, 0, 1));
    result.input = google_input(options.body.input);
  } else {
    require_plain_model_args(config);
    options = mobilenet_v2_options({.multiplier = find_variant(config, kVariants).multiplier});
    result.names = torchvision ? torchvision_names() : timm_names();
    result.input = torchvision ? torchvision_input(config, image::torchvision_transform(232, 224))
                               : timm_input(config, timm_transform(224, 0.875));
  }
  result.labels = classifier_labels(config, tensors, torchvision ? "classifier.1.weight" : "classifier.weight");
  result.independent_labels = has_independent_labels(config, result.labels);
  options.labels = static_cast<std::int64_t>(result.labels.size());
  result.network = std::make_shared<MobileNetV2Backbone>(options);
  return result;
}

}  // namespace

MobileNetV2Options mobilenet_v2_options(const MobileNetV2Scale& scale) {
  const auto width = [&](double value) {
    return rounded_width(scale.whole_widths ? std::nearbyint(value) : value, scale.divisor, scale.least);
  };
  MobileNetV2Options options;
  auto& body = options.body;
  body.grid_blocks = {kGridBlocks.begin(), kGridBlocks.end()};
  body.stem = width(kStem * scale.multiplier);
  const bool keeps_head = scale.fixed_head && scale.multiplier < 1;
  body.head = keeps_head ? kHead : width(kHead * scale.multiplier);
  auto in = body.stem;
  for (const auto& stage : kStages) {
    const auto out = width(static_cast<double>(stage.width) * scale.multiplier);
    for (std::int64_t i = 0; i < stage.repeats; ++i) {
      const bool expands = stage.expansion > 1;
      body.blocks.push_back({.in = in,
                             .hidden = expands ? width(static_cast<double>(in) * scale.expansion) : in,
                             .out = out,
                             .stride = i == 0 ? stage.stride : 1,
                             .expands = expands});
      in = out;
    }
  }
  return options;
}

MobileNetV2Backbone::MobileNetV2Backbone(const MobileNetV2Options& options)
    : MobileBackbone(options.body), labels_(options.labels) {
  if (labels_ > 0) classifier_ = register_module("classifier", LinearLayer(options.body.head, labels_));
}

at::Tensor MobileNetV2Backbone::classify(const at::Tensor& last) {
  return classifier_.is_empty() ? Backbone::classify(last) : classifier_(last.mean({2, 3}));
}

const BackboneFamily& mobilenet_v2_family() {
  static const BackboneFamily family{
      .name = "mobilenet_v2", .claims = claims, .blueprint = blueprint, .processor = ImageProcessor::mobilenet_v2};
  return family;
}

}  // namespace fovea::nn
