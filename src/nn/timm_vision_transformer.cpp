#include "nn/timm_vision_transformer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "fovea/error.hpp"
#include "nn/backbone_config.hpp"
#include "nn/vision_config.hpp"
#include "nn/vision_encoder.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kMost = 1 << 16;
constexpr double kMaxRatio = 1024;
constexpr double kGiantRatio = 2.66667 * 2;  // of both matrices of DINOv2 giant's SwiGLU

/// Width, depth and heads.
struct Size {
  std::int64_t width;
  std::int64_t layers;
  std::int64_t heads;
};
constexpr Size kTiny{192, 12, 3};
constexpr Size kSmall{384, 12, 6};
constexpr Size kMedium{512, 12, 8};
constexpr Size kBase{768, 12, 12};
constexpr Size kLarge{1024, 24, 16};
constexpr Size kHuge{1280, 32, 16};
constexpr Size kGiant{1536, 40, 24};

enum class Kind {
  plain,     // Google's ViT: mean and standard deviation are 0.5
  imagenet,  // the same network; mean and standard deviation are ImageNet's, as for all others
  distilled,
  deit3,
  dinov2,
  dinov2_registers
};

/// A name of timm.
struct Variant {
  const char* name;
  Size size;
  std::int64_t patch_size;
  std::int64_t image_size;
  Kind kind = Kind::plain;
};

constexpr std::array kVariants{Variant{"vit_tiny_patch16_224", kTiny, 16, 224},
                               Variant{"vit_tiny_patch16_384", kTiny, 16, 384},
                               Variant{"vit_small_patch8_224", kSmall, 8, 224, Kind::imagenet},
                               Variant{"vit_small_patch16_224", kSmall, 16, 224},
                               Variant{"vit_small_patch16_384", kSmall, 16, 384},
                               Variant{"vit_small_patch32_224", kSmall, 32, 224},
                               Variant{"vit_small_patch32_384", kSmall, 32, 384},
                               Variant{"vit_base_patch8_224", kBase, 8, 224},
                               Variant{"vit_base_patch16_224", kBase, 16, 224},
                               Variant{"vit_base_patch16_384", kBase, 16, 384},
                               Variant{"vit_base_patch32_224", kBase, 32, 224},
                               Variant{"vit_base_patch32_384", kBase, 32, 384},
                               Variant{"vit_large_patch14_224", kLarge, 14, 224},
                               Variant{"vit_large_patch16_224", kLarge, 16, 224},
                               Variant{"vit_large_patch16_384", kLarge, 16, 384},
                               Variant{"vit_large_patch32_224", kLarge, 32, 224},
                               Variant{"vit_large_patch32_384", kLarge, 32, 384},
                               Variant{"vit_huge_patch14_224", kHuge, 14, 224},
                               Variant{"vit_small_patch14_dinov2", kSmall, 14, 518, Kind::dinov2},
                               Variant{"vit_base_patch14_dinov2", kBase, 14, 518, Kind::dinov2},
                               Variant{"vit_large_patch14_dinov2", kLarge, 14, 518, Kind::dinov2},
                               Variant{"vit_giant_patch14_dinov2", kGiant, 14, 518, Kind::dinov2},
                               Variant{"vit_small_patch14_reg4_dinov2", kSmall, 14, 518, Kind::dinov2_registers},
                               Variant{"vit_base_patch14_reg4_dinov2", kBase, 14, 518, Kind::dinov2_registers},
                               Variant{"vit_large_patch14_reg4_dinov2", kLarge, 14, 518, Kind::dinov2_registers},
                               Variant{"vit_giant_patch14_reg4_dinov2", kGiant, 14, 518, Kind::dinov2_registers},
                               Variant{"deit_tiny_patch16_224", kTiny, 16, 224, Kind::imagenet},
                               Variant{"deit_small_patch16_224", kSmall, 16, 224, Kind::imagenet},
                               Variant{"deit_base_patch16_224", kBase, 16, 224, Kind::imagenet},
                               Variant{"deit_base_patch16_384", kBase, 16, 384, Kind::imagenet},
                               Variant{"deit_tiny_distilled_patch16_224", kTiny, 16, 224, Kind::distilled},
                               Variant{"deit_small_distilled_patch16_224", kSmall, 16, 224, Kind::distilled},
                               Variant{"deit_base_distilled_patch16_224", kBase, 16, 224, Kind::distilled},
                               Variant{"deit_base_distilled_patch16_384", kBase, 16, 384, Kind::distilled},
                               Variant{"deit3_small_patch16_224", kSmall, 16, 224, Kind::deit3},
                               Variant{"deit3_small_patch16_384", kSmall, 16, 384, Kind::deit3},
                               Variant{"deit3_medium_patch16_224", kMedium, 16, 224, Kind::deit3},
                               Variant{"deit3_base_patch16_224", kBase, 16, 224, Kind::deit3},
                               Variant{"deit3_base_patch16_384", kBase, 16, 384, Kind::deit3},
                               Variant{"deit3_large_patch16_224", kLarge, 16, 224, Kind::deit3},
                               Variant{"deit3_large_patch16_384", kLarge, 16, 384, Kind::deit3},
                               Variant{"deit3_huge_patch14_224", kHuge, 14, 224, Kind::deit3}};

/// Arguments of timm's constructor; those of training change nothing here, others are refused.
void check_names(const ForeignConfig& arguments) {
  constexpr std::array kRead{"img_size",  "patch_size",  "embed_dim",       "depth",      "num_heads",
                             "mlp_ratio", "qkv_bias",    "init_values",     "reg_tokens", "no_embed_class",
                             "fc_norm",   "global_pool", "dynamic_img_size"};
  constexpr std::array kIrrelevant{"num_classes",     "drop_rate",      "pos_drop_rate",
                                   "patch_drop_rate", "proj_drop_rate", "attn_drop_rate",
                                   "drop_path_rate",  "weight_init",    "fix_init"};
  arguments.require("in_chans", 3);
  arguments.require("class_token", true);
  for (const auto& [name, value] : arguments.json().items()) {
    const auto is = [&, &key = name](const char* known) { return key == known; };
    if (std::any_of(kRead.begin(), kRead.end(), is) || std::any_of(kIrrelevant.begin(), kIrrelevant.end(), is) ||
        name == "in_chans" || name == "class_token") {
      continue;
    }
    throw Error(ErrorCode::unsupported,
                arguments.source() + ": '" + name + "' is " + value.dump() + ", an argument that Fovea does not know");
  }
}

/// The size of the input: an argument, else what the weights were made with, else what the name says.
std::int64_t image_size(const ForeignConfig& config, const ForeignConfig& arguments, std::int64_t otherwise) {
  if (arguments.has("img_size")) return arguments.side("img_size", otherwise, 1, kMost);
  const auto published = timm_form(config).child("pretrained_cfg");
  const auto size = published.integers("input_size", {3, otherwise, otherwise}, 1, kMost);
  if (size.size() != 3 || size[1] != size[2]) published.fail("'input_size' is no [3, size, size]");
  return size[1];
}

VisionEncoderOptions read_options(const ForeignConfig& config, const Variant& variant) {
  const auto arguments = config.child("model_args");
  check_names(arguments);
  const bool giant = variant.size.width == kGiant.width;
  const bool registers = variant.kind == Kind::dinov2_registers;
  VisionEncoderOptions options;
  options.gated = giant;
  options.image_size = image_size(config, arguments, variant.image_size);
  options.patch_size = arguments.side("patch_size", variant.patch_size, 1, kMost);
  options.width = arguments.integer("embed_dim", variant.size.width, 1, kMost);
  options.layers = arguments.integer("depth", variant.size.layers, 1, kMost);
  options.heads = arguments.integer("num_heads", variant.size.heads, 1, kMost);
  const auto ratio = arguments.number("mlp_ratio", giant ? kGiantRatio : 4, 0, kMaxRatio);
  options.hidden = static_cast<std::int64_t>(std::floor(static_cast<double>(options.width) * ratio));
  if (options.gated) options.hidden /= 2;
  options.query_key_value_bias = arguments.flag("qkv_bias", true);
  options.layer_scale =
      arguments.has("init_values") || registers || variant.kind == Kind::dinov2 || variant.kind == Kind::deit3;
  options.registers = arguments.integer("reg_tokens", registers ? 4 : 0, 0, kMost);
  options.prefix_positions = !arguments.flag("no_embed_class", registers || variant.kind == Kind::deit3);
  if (options.registers > 0 && options.prefix_positions) arguments.require("no_embed_class", true);
  options.distillation_token = options.two_classifiers = variant.kind == Kind::distilled;
  const bool any_size = variant.kind == Kind::dinov2 || registers || arguments.flag("dynamic_img_size", false);
  if (any_size) options.resizing = PositionResizing::bicubic_antialias;
  return options;
}

/// Which tokens the classifier sees, and on which side of that the last norm is.
void read_pooling(const ForeignConfig& config, VisionEncoderOptions& options) {
  const auto arguments = config.child("model_args");
  const auto pool = config.text("global_pool", arguments.text("global_pool", "token"));
  if (pool != "token" && pool != "avg" && !pool.empty()) {
    throw Error(ErrorCode::unsupported,
                config.source() + ": 'global_pool' is '" + pool + "'; Fovea only knows 'token' and 'avg'");
  }
  options.pooling = pool == "avg" ? TokenPooling::patch_mean : TokenPooling::class_token;
  options.pooled_norm = arguments.flag("fc_norm", pool == "avg");
  options.norm_after = !options.pooled_norm;
}

/// What timm's usual weights of a name were published with: those for larger images see all of the shorter side.
image::InputTransform usual_input(const Variant& variant, std::int64_t side) {
  auto input = timm_transform(side, variant.image_size == 224 ? 0.9 : 1);
  if (variant.kind == Kind::plain) input.mean = input.std = {0.5, 0.5, 0.5};
  return input;
}

NameMap timm_names(const VisionEncoderOptions& options) {
  NameMap names{.rules = {{.ours = "patches.", .foreign = "patch_embed.proj."},
                          {.ours = "class_token", .foreign = "cls_token"},
                          {.ours = "distillation_token", .foreign = "dist_token"},
                          {.ours = "registers", .foreign = "reg_token"},
                          {.ours = "positions", .foreign = "pos_embed"},
                          {.ours = "norm_after.", .foreign = "norm."},
                          {.ours = "pooled_norm.", .foreign = "fc_norm."},
                          {.ours = "classifier.", .foreign = "head."},
                          {.ours = "distillation_classifier.", .foreign = "head_dist."},
                          {.ours = "blocks.*.attention_norm.", .foreign = "blocks.*.norm1."},
                          {.ours = "blocks.*.output.", .foreign = "blocks.*.attn.proj."},
                          {.ours = "blocks.*.attention_scale", .foreign = "blocks.*.ls1.gamma"},
                          {.ours = "blocks.*.perceptron_norm.", .foreign = "blocks.*.norm2."},
                          {.ours = "blocks.*.project.", .foreign = "blocks.*.mlp.fc2."},
                          {.ours = "blocks.*.perceptron_scale", .foreign = "blocks.*.ls2.gamma"}},
                .ignored = {}};
  const auto add = [&](const char* ours, const char* foreign, std::int64_t part, std::int64_t parts) {
    names.rules.push_back({.ours = ours, .foreign = foreign, .part = part, .parts = parts});
  };
  add("blocks.*.query.", "blocks.*.attn.qkv.", 0, 3);
  add("blocks.*.key.", "blocks.*.attn.qkv.", 1, 3);
  add("blocks.*.value.", "blocks.*.attn.qkv.", 2, 3);
  add("blocks.*.gate.", "blocks.*.mlp.fc1.", 0, 2);
  add("blocks.*.expand.", "blocks.*.mlp.fc1.", options.gated ? 1 : 0, options.gated ? 2 : 1);
  if (options.labels == 0) names.ignored.emplace_back("fc_norm.");
  return names;
}

}  // namespace

BackboneBlueprint timm_vision_transformer(const ForeignConfig& config, const TensorMap& tensors) {
  const auto& variant = find_variant(config, kVariants);
  BackboneBlueprint result;
  result.labels = classifier_labels(config, tensors, "head.weight");
  auto options = read_options(config, variant);
  read_pooling(config, options);
  options.labels = static_cast<std::int64_t>(result.labels.size());
  check_vision_options(config, options);
  result.independent_labels = has_independent_labels(config, result.labels);
  result.names = timm_names(options);
  result.input = timm_input(config, usual_input(variant, options.image_size));
  result.network = std::make_shared<VisionEncoder>(options);
  return result;
}

}  // namespace fovea::nn
