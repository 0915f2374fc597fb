#include "nn/efficientnet.hpp"

#include <array>
#include <cmath>
#include <string>

#include "nn/backbone_config.hpp"

namespace fovea::nn {
namespace {

/// A row of the paper's table 1.
struct Stage {
  std::int64_t expansion, kernel, stride, width, repeats;
};
constexpr std::array<Stage, 7> kStages{{{1, 3, 1, 16, 1},
                                        {6, 3, 2, 24, 2},
                                        {6, 5, 2, 40, 2},
                                        {6, 3, 2, 80, 3},
                                        {6, 5, 1, 112, 3},
                                        {6, 5, 2, 192, 4},
                                        {6, 3, 1, 320, 1}}};
constexpr std::int64_t kStem = 32;
constexpr std::int64_t kHead = 1280;
constexpr std::int64_t kSqueeze = 4;  // features within squeeze and excite: this part of the block's input

constexpr double kTensorFlowEpsilon = 0.001;  // of batch norms
constexpr double kTorchEpsilon = 1e-5;

/// Whose weights a network has: Google's were trained with TensorFlow, whose padding and batch norms differ.
enum class Origin { torchvision, timm, google };
enum class Colours { image_net, half };  ///< mean and standard deviation: ImageNet's, or 0.5

struct Variant {
  const char* name;
  Origin origin;
  EfficientNetScale scale;
  int side;     // of the input that the newest weights are evaluated with
  double crop;  // torchvision: the shorter side before the crop, in pixels; timm: the part of it that is seen, 0: all,
                // squashed
  Colours colours = Colours::image_net;
  image::Filter filter = image::Filter::bicubic;
  double epsilon = kTorchEpsilon;  // of Google's always TensorFlow's
};

constexpr EfficientNetScale kB0{.width = 1.0, .depth = 1.0};
constexpr EfficientNetScale kB1{.width = 1.0, .depth = 1.1};
constexpr EfficientNetScale kB2{.width = 1.1, .depth = 1.2};
constexpr EfficientNetScale kB3{.width = 1.2, .depth = 1.4};
constexpr EfficientNetScale kB4{.width = 1.4, .depth = 1.8};
constexpr EfficientNetScale kB5{.width = 1.6, .depth = 2.2};
constexpr EfficientNetScale kB6{.width = 1.8, .depth = 2.6};
constexpr EfficientNetScale kB7{.width = 2.0, .depth = 3.1};
constexpr EfficientNetScale kB8{.width = 2.2, .depth = 3.6};
constexpr EfficientNetScale lite(const EfficientNetScale& of) {
  return {.width = of.width, .depth = of.depth, .lite = true};
}

constexpr auto kTorchvision = Origin::torchvision;
constexpr auto kTimm = Origin::timm;
constexpr auto kGoogle = Origin::google;
constexpr double kSquashed = 0;
constexpr auto kHalf = Colours::half;
constexpr auto kImageNet = Colours::image_net;
constexpr auto kBilinear = image::Filter::bilinear;
constexpr auto kBicubic = image::Filter::bicubic;

constexpr std::array<Variant, 36> kVariants{{
    {"efficientnet_b0", kTorchvision, kB0, 224, 256},
    {"efficientnet_b1", kTorchvision, kB1, 240, 255, kImageNet, kBilinear},
    {"efficientnet_b2", kTorchvision, kB2, 288, 288},
    {"efficientnet_b3", kTorchvision, kB3, 300, 320},
    {"efficientnet_b4", kTorchvision, kB4, 380, 384},
    {"efficientnet_b5", kTorchvision, kB5, 456, 456, kImageNet, kBicubic, kTensorFlowEpsilon},
    {"efficientnet_b6", kTorchvision, kB6, 528, 528, kImageNet, kBicubic, kTensorFlowEpsilon},
    {"efficientnet_b7", kTorchvision, kB7, 600, 600, kImageNet, kBicubic, kTensorFlowEpsilon},
    {"efficientnet_b0", kTimm, kB0, 224, 0.875},
    {"efficientnet_b1", kTimm, kB1, 240, 0.9, kHalf},
    {"efficientnet_b2", kTimm, kB2, 256, 0.875},
    {"efficientnet_b3", kTimm, kB3, 288, 0.875},
    {"efficientnet_b4", kTimm, kB4, 320, 0.875},
    {"efficientnet_b5", kTimm, kB5, 448, kSquashed},
    {"efficientnet_b6", kTimm, kB6, 528, 0.942},
    {"efficientnet_b7", kTimm, kB7, 600, 0.949},
    {"efficientnet_b8", kTimm, kB8, 672, 0.954},
    {"efficientnet_lite0", kTimm, lite(kB0), 224, 0.875},
    {"efficientnet_lite1", kTimm, lite(kB1), 240, 0.882},
    {"efficientnet_lite2", kTimm, lite(kB2), 260, 0.89},
    {"efficientnet_lite3", kTimm, lite(kB3), 300, 0.904},
    {"efficientnet_lite4", kTimm, lite(kB4), 380, 0.922},
    {"tf_efficientnet_b0", kGoogle, kB0, 224, 0.875},
    {"tf_efficientnet_b1", kGoogle, kB1, 240, 0.882},
    {"tf_efficientnet_b2", kGoogle, kB2, 260, 0.89},
    {"tf_efficientnet_b3", kGoogle, kB3, 300, 0.904},
    {"tf_efficientnet_b4", kGoogle, kB4, 380, 0.922},
    {"tf_efficientnet_b5", kGoogle, kB5, 456, 0.934},
    {"tf_efficientnet_b6", kGoogle, kB6, 528, 0.942},
    {"tf_efficientnet_b7", kGoogle, kB7, 600, 0.949},
    {"tf_efficientnet_b8", kGoogle, kB8, 672, 0.954, kHalf},
    {"tf_efficientnet_lite0", kGoogle, lite(kB0), 224, 0.875, kHalf},
    {"tf_efficientnet_lite1", kGoogle, lite(kB1), 240, 0.882, kHalf},
    {"tf_efficientnet_lite2", kGoogle, lite(kB2), 260, 0.89, kHalf},
    {"tf_efficientnet_lite3", kGoogle, lite(kB3), 300, 0.904, kHalf, kBilinear},
    {"tf_efficientnet_lite4", kGoogle, lite(kB4), 380, 0.92, kHalf, kBilinear},
}};

bool claims(const ForeignConfig& config) {
  const auto name = architecture_of(config);
  return name.starts_with("efficientnet") || name.starts_with("tf_efficientnet");
}

/// "STAGE.NUMBER" of every block.
std::vector<std::string> places(const EfficientNetOptions& options, int first_stage) {
  std::vector<std::string> result;
  for (const auto repeats : options.repeats) {
    for (std::int64_t i = 0; i < repeats; ++i) {
      result.push_back(std::to_string(first_stage) + "." + std::to_string(i) + ".");
    }
    ++first_stage;
  }
  return result;
}

NameMap torchvision_names(const EfficientNetOptions& options, double epsilon) {
  NameMap names;
  const auto unit = [&](const std::string& ours, const std::string& foreign) {
    names.rules.push_back(folded(ours, foreign + "0.", foreign + "1.", epsilon));
  };
  unit("stem.", "features.0.");
  unit("head.", "features.8.");
  const auto where = places(options, 1);
  for (std::size_t i = 0; i < where.size(); ++i) {
    const auto ours = "blocks." + std::to_string(i) + ".";
    int part = 0;
    const auto next = [&] { return "features." + where[i] + "block." + std::to_string(part++) + "."; };
    if (options.body.blocks[i].expands) unit(ours + "expand.", next());
    unit(ours + "depthwise.", next());
    const auto excite = next();
    names.rules.push_back({.ours = ours + "excite.reduce.", .foreign = excite + "fc1.", .squeezed = true});
    names.rules.push_back({.ours = ours + "excite.expand.", .foreign = excite + "fc2.", .squeezed = true});
    unit(ours + "project.", next());
  }
  names.rules.push_back({.ours = "classifier.", .foreign = "classifier.1."});
  names.ignored = {"classifier."};
  return names;
}

NameMap timm_names(const EfficientNetOptions& options, double epsilon) {
  NameMap names{
      .rules = {folded("stem.", "conv_stem.", "bn1.", epsilon), folded("head.", "conv_head.", "bn2.", epsilon)},
      .ignored = {"classifier."}};
  const auto where = places(options, 0);
  for (std::size_t i = 0; i < where.size(); ++i) {
    add_timm_block(names, "blocks." + std::to_string(i) + ".", "blocks." + where[i], options.body.blocks[i].expands,
                   epsilon);
  }
  return names;
}

image::InputTransform published_input(const Variant& variant) {
  auto input = variant.origin == Origin::torchvision
                   ? image::torchvision_transform(static_cast<int>(variant.crop), variant.side)
                   : timm_transform(variant.side, variant.crop == kSquashed ? 1 : variant.crop);
  input.filter = variant.filter;
  if (variant.colours == Colours::half) input.mean = input.std = {0.5, 0.5, 0.5};
  if (variant.crop == kSquashed) {
    input.rule = image::ResizeRule::exact;
    input.resize_width = input.resize_height = variant.side;
  }
  return input;
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  require_plain_model_args(config);
  const bool torchvision = naming_of(config) == Naming::torchvision;
  const auto& variant = find_variant(
      config, kVariants, [&](const Variant& v) { return (v.origin == Origin::torchvision) == torchvision; });
  auto scale = variant.scale;
  if (variant.origin == Origin::google) scale.padding = Padding::same;
  auto options = efficientnet_options(scale);
  options.body.input = variant.side;
  const auto epsilon = variant.origin == Origin::google ? kTensorFlowEpsilon : variant.epsilon;
  BackboneBlueprint result;
  result.names = torchvision ? torchvision_names(options, epsilon) : timm_names(options, epsilon);
  result.labels = classifier_labels(config, tensors, torchvision ? "classifier.1.weight" : "classifier.weight");
  const auto published = published_input(variant);
  result.input = torchvision ? torchvision_input(config, published) : timm_input(config, published);
  result.independent_labels = has_independent_labels(config, result.labels);
  options.labels = static_cast<std::int64_t>(result.labels.size());
  result.network = std::make_shared<EfficientNet>(options);
  return result;
}

}  // namespace

EfficientNetOptions efficientnet_options(const EfficientNetScale& scale) {
  const auto width = [&](std::int64_t features) { return rounded_width(static_cast<double>(features) * scale.width); };
  EfficientNetOptions options;
  auto& body = options.body;
  body.activation = scale.lite ? Activation::relu6 : Activation::silu;
  body.padding = scale.padding;
  body.stem = scale.lite ? kStem : width(kStem);
  body.head = scale.lite ? kHead : width(kHead);
  auto in = body.stem;
  std::int64_t stride = 2;  // of the grid so far
  for (std::size_t s = 0; s < kStages.size(); ++s) {
    const auto& stage = kStages[s];
    const bool deepens = !scale.lite || (s > 0 && s + 1 < kStages.size());
    const double depth = deepens ? scale.depth : 1;
    options.repeats.push_back(static_cast<std::int64_t>(std::ceil(static_cast<double>(stage.repeats) * depth)));
    // The grid at a stride is what the last block before the next stride puts out.
    if (stage.stride == 2 && stride >= 4) body.grid_blocks.push_back(body.blocks.size() - 1);
    stride *= stage.stride;
    for (std::int64_t i = 0; i < options.repeats.back(); ++i) {
      body.blocks.push_back({.in = in,
                             .hidden = in * stage.expansion,
                             .out = width(stage.width),
                             .kernel = stage.kernel,
                             .stride = i == 0 ? stage.stride : 1,
                             .expands = stage.expansion > 1,
                             .squeezed = scale.lite ? 0 : in / kSqueeze,
                             .smooth_gate = true,
                             .activation = body.activation,
                             .padding = body.padding});
      in = body.blocks.back().out;
    }
  }
  return options;
}

EfficientNet::EfficientNet(const EfficientNetOptions& options) : MobileBackbone(options.body), labels_(options.labels) {
  if (labels_ > 0) classifier_ = register_module("classifier", LinearLayer(options.body.head, labels_));
}

at::Tensor EfficientNet::classify(const at::Tensor& last) {
  return classifier_.is_empty() ? Backbone::classify(last) : classifier_(last.mean({2, 3}));
}

const BackboneFamily& efficientnet_family() {
  static const BackboneFamily family{.name = "efficientnet", .claims = claims, .blueprint = blueprint};
  return family;
}

}  // namespace fovea::nn
