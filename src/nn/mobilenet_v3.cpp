#include "nn/mobilenet_v3.hpp"

#include <array>
#include <span>
#include <string>
#include <utility>

#include "nn/backbone_config.hpp"

namespace fovea::nn {
namespace {

/// A row of the paper's tables 1 and 2; `stage` is timm's.
struct Row {
  int stage;
  std::int64_t kernel;
  double expansion;  // of the input's width
  std::int64_t out;
  bool excites;
  bool swishes;  // hard-swish, else ReLU
  std::int64_t stride;
};
constexpr std::array<Row, 15> kLarge{{{0, 3, 1, 16, false, false, 1},
                                      {1, 3, 4, 24, false, false, 2},
                                      {1, 3, 3, 24, false, false, 1},
                                      {2, 5, 3, 40, true, false, 2},
                                      {2, 5, 3, 40, true, false, 1},
                                      {2, 5, 3, 40, true, false, 1},
                                      {3, 3, 6, 80, false, true, 2},
                                      {3, 3, 2.5, 80, false, true, 1},
                                      {3, 3, 2.3, 80, false, true, 1},
                                      {3, 3, 2.3, 80, false, true, 1},
                                      {4, 3, 6, 112, true, true, 1},
                                      {4, 3, 6, 112, true, true, 1},
                                      {5, 5, 6, 160, true, true, 2},
                                      {5, 5, 6, 160, true, true, 1},
                                      {5, 5, 6, 160, true, true, 1}}};
constexpr std::array<Row, 11> kSmall{{{0, 3, 1, 16, true, false, 2},
                                      {1, 3, 4.5, 24, false, false, 2},
                                      {1, 3, 3.67, 24, false, false, 1},
                                      {2, 5, 4, 40, true, true, 2},
                                      {2, 5, 6, 40, true, true, 1},
                                      {2, 5, 6, 40, true, true, 1},
                                      {3, 5, 3, 48, true, true, 1},
                                      {3, 5, 3, 48, true, true, 1},
                                      {4, 5, 6, 96, true, true, 2},
                                      {4, 5, 6, 96, true, true, 1},
                                      {4, 5, 6, 96, true, true, 1}}};

constexpr std::int64_t kStem = 16;
constexpr std::int64_t kSqueeze = 4;           // features within squeeze and excite: this part of the block's
constexpr std::int64_t kHead = 6;              // features of the last grid: times the last block's
constexpr double kNarrow = 0.75;               // timm keeps the stem's width for multipliers below
constexpr double kTorchvisionEpsilon = 0.001;  // of batch norms
constexpr double kTimmEpsilon = 1e-5;

struct Variant {
  const char* name;
  bool large;
  double multiplier;
  bool torchvision;
  image::Filter filter;  // of the library's newest weights ...
  int resize = 256;      // ... and the shorter side before the crop
};
constexpr std::array<Variant, 7> kVariants{{{"mobilenet_v3_large", true, 1, true, image::Filter::bilinear, 232},
                                            {"mobilenet_v3_small", false, 1, true, image::Filter::bilinear},
                                            {"mobilenetv3_large_075", true, 0.75, false, image::Filter::bilinear},
                                            {"mobilenetv3_large_100", true, 1, false, image::Filter::bicubic},
                                            {"mobilenetv3_small_050", false, 0.5, false, image::Filter::bicubic},
                                            {"mobilenetv3_small_075", false, 0.75, false, image::Filter::bicubic},
                                            {"mobilenetv3_small_100", false, 1, false, image::Filter::bicubic}}};

std::span<const Row> rows_of(bool large) { return large ? std::span<const Row>(kLarge) : std::span<const Row>(kSmall); }

bool claims(const ForeignConfig& config) {
  const auto name = architecture_of(config);
  return name.starts_with("mobilenet_v3") || name.starts_with("mobilenetv3") || name.starts_with("tf_mobilenetv3");
}

NameMap torchvision_names(const MobileNetV3Options& options) {
  NameMap names;
  const auto unit = [&](const std::string& ours, const std::string& foreign) {
    names.rules.push_back(folded(ours, foreign + "0.", foreign + "1.", kTorchvisionEpsilon));
  };
  unit("stem.", "features.0.");
  const auto count = options.body.blocks.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto ours = "blocks." + std::to_string(i) + ".";
    int part = 0;
    const auto next = [&] { return "features." + std::to_string(i + 1) + ".block." + std::to_string(part++) + "."; };
    if (options.body.blocks[i].expands) unit(ours + "expand.", next());
    unit(ours + "depthwise.", next());
    if (options.body.blocks[i].squeezed > 0) {
      const auto excite = next();
      names.rules.push_back({.ours = ours + "excite.reduce.", .foreign = excite + "fc1.", .squeezed = true});
      names.rules.push_back({.ours = ours + "excite.expand.", .foreign = excite + "fc2.", .squeezed = true});
    }
    unit(ours + "project.", next());
  }
  unit("head.", "features." + std::to_string(count + 1) + ".");
  names.rules.push_back({.ours = "hidden.", .foreign = "classifier.0."});
  names.rules.push_back({.ours = "classifier.", .foreign = "classifier.3."});
  names.ignored = {"classifier."};
  return names;
}

NameMap timm_names(const Variant& variant, const MobileNetV3Options& options) {
  const auto rows = rows_of(variant.large);
  const auto last = "blocks." + std::to_string(rows.back().stage + 1) + ".0.";
  NameMap names{.rules = {folded("stem.", "conv_stem.", "bn1.", kTimmEpsilon),
                          folded("head.", last + "conv.", last + "bn1.", kTimmEpsilon),
                          {.ours = "hidden.", .foreign = "conv_head.", .squeezed = true}},
                .ignored = {"classifier.", "conv_head."}};
  int number = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    number = i > 0 && rows[i].stage == rows[i - 1].stage ? number + 1 : 0;
    add_timm_block(names, "blocks." + std::to_string(i) + ".",
                   "blocks." + std::to_string(rows[i].stage) + "." + std::to_string(number) + ".",
                   options.body.blocks[i].expands, kTimmEpsilon);
  }
  return names;
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  require_plain_model_args(config);
  const auto& variant = find_variant(config, kVariants);
  auto options = mobilenet_v3_options(variant.large, variant.multiplier);
  BackboneBlueprint result;
  result.names = variant.torchvision ? torchvision_names(options) : timm_names(variant, options);
  result.labels = classifier_labels(config, tensors, variant.torchvision ? "classifier.3.weight" : "classifier.weight");
  const auto published = image::torchvision_transform(variant.resize, 224, variant.filter);
  result.input = variant.torchvision ? torchvision_input(config, published) : timm_input(config, published);
  result.independent_labels = has_independent_labels(config, result.labels);
  options.labels = static_cast<std::int64_t>(result.labels.size());
  result.network = std::make_shared<MobileNetV3>(options);
  return result;
}

}  // namespace

MobileNetV3Options mobilenet_v3_options(bool large, double multiplier) {
  MobileNetV3Options options;
  auto& body = options.body;
  body.activation = Activation::hard_swish;
  body.stem = multiplier < kNarrow ? kStem : rounded_width(kStem * multiplier);
  options.hidden = large ? 1280 : 1024;
  auto in = body.stem;
  std::int64_t stride = 2;  // of the grid so far
  for (const auto& row : rows_of(large)) {
    const bool expands = row.expansion > 1;
    const auto hidden = expands ? rounded_width(static_cast<double>(in) * row.expansion) : in;
    const auto out = rounded_width(static_cast<double>(row.out) * multiplier);
    // The grid at a stride is what the last block before the next stride puts out.
    if (row.stride == 2 && stride >= 4) body.grid_blocks.push_back(body.blocks.size() - 1);
    stride *= row.stride;
    body.blocks.push_back({.in = in,
                           .hidden = hidden,
                           .out = out,
                           .kernel = row.kernel,
                           .stride = row.stride,
                           .expands = expands,
                           .squeezed = row.excites ? rounded_width(static_cast<double>(hidden) / kSqueeze) : 0,
                           .activation = row.swishes ? Activation::hard_swish : Activation::relu});
    in = out;
  }
  body.head = rounded_width(static_cast<double>(rows_of(large).back().out * kHead) * multiplier);
  return options;
}

MobileNetV3::MobileNetV3(const MobileNetV3Options& options) : MobileBackbone(options.body), labels_(options.labels) {
  if (labels_ == 0) return;
  hidden_ = register_module("hidden", LinearLayer(options.body.head, options.hidden));
  classifier_ = register_module("classifier", LinearLayer(options.hidden, labels_));
}

at::Tensor MobileNetV3::classify(const at::Tensor& last) {
  if (classifier_.is_empty()) return Backbone::classify(last);
  return classifier_(activate(hidden_(last.mean({2, 3})), Activation::hard_swish));
}

const BackboneFamily& mobilenet_v3_family() {
  static const BackboneFamily family{.name = "mobilenet_v3", .claims = claims, .blueprint = blueprint};
  return family;
}

}  // namespace fovea::nn
