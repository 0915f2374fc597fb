#include "nn/vit_family.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "nn/backbone_config.hpp"
#include "nn/timm_vision_transformer.hpp"
#include "nn/vision_config.hpp"
#include "nn/vision_encoder.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kLargestImage = 1 << 14;

/// torchvision's networks.
struct Variant {
  const char* name;
  std::int64_t patch_size;
  std::int64_t width;
  std::int64_t layers;
  std::int64_t heads;
  int image_size;  // of the newest weights ...
  int resize;      // ... and the shorter side before the crop
  image::Filter filter;
};
constexpr std::array<Variant, 5> kVariants{{{"vit_b_16", 16, 768, 12, 12, 224, 256, image::Filter::bilinear},
                                            {"vit_b_32", 32, 768, 12, 12, 224, 256, image::Filter::bilinear},
                                            {"vit_l_16", 16, 1024, 24, 16, 224, 242, image::Filter::bilinear},
                                            {"vit_l_32", 32, 1024, 24, 16, 224, 256, image::Filter::bilinear},
                                            {"vit_h_14", 14, 1280, 32, 16, 518, 518, image::Filter::bicubic}}};

bool claims(const ForeignConfig& config) {
  if (config.text("model_type", "") == "vit") return true;
  const auto name = architecture_of(config);
  return name.starts_with("vit_") && name.find("dinov2") == std::string::npos;
}

BackboneBlueprint hugging_face_blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  BackboneBlueprint result;
  result.labels = classifier_labels(config, tensors, "classifier.weight");
  auto options = read_vision_options(config, {.epsilon = 1e-12});
  options.query_key_value_bias = config.flag("qkv_bias", true);
  options.labels = static_cast<std::int64_t>(result.labels.size());
  result.independent_labels = has_independent_labels(config, result.labels);
  result.names = hugging_face_vit_names(tensors, has_prefix(tensors, "vit.") ? "vit." : "");
  const auto side = static_cast<int>(options.image_size);
  result.input = image::squash(side, side);
  result.input.mean = result.input.std = {0.5, 0.5, 0.5};
  result.network = std::make_shared<VisionEncoder>(options);
  return result;
}

/// The size of the square images whose patches the weights have positions for; `otherwise` where that cannot be told.
std::int64_t image_size_of(const TensorMap& tensors, std::int64_t patch_size, std::int64_t otherwise) {
  const auto found = tensors.find("encoder.pos_embedding");
  if (found == tensors.end() || found->second.dim() != 3) return otherwise;
  const auto patches = found->second.size(1) - 1;  // the first one is the class token's
  const auto side = std::llround(std::sqrt(static_cast<double>(std::max<std::int64_t>(patches, 0))));
  const bool fits = side > 0 && side * side == patches && side <= kLargestImage / patch_size;
  return fits ? side * patch_size : otherwise;
}

BackboneBlueprint torchvision_blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  const auto& variant = find_variant(config, kVariants);
  BackboneBlueprint result;
  result.labels = classifier_labels(config, tensors, "heads.head.weight");
  const auto stored = image_size_of(tensors, variant.patch_size, variant.image_size);
  VisionEncoderOptions options{.image_size = config.side("image_size", stored, 1, kLargestImage),
                               .patch_size = variant.patch_size,
                               .width = variant.width,
                               .layers = variant.layers,
                               .heads = variant.heads,
                               .hidden = 4 * variant.width,
                               .labels = static_cast<std::int64_t>(result.labels.size())};
  check_vision_options(config, options);
  result.independent_labels = has_independent_labels(config, result.labels);
  result.names = torchvision_vit_names(tensors);
  const auto side = static_cast<int>(options.image_size);
  // Weights for larger inputs were published with a resize to the input itself.
  const auto published = side == variant.image_size ? image::torchvision_transform(variant.resize, side, variant.filter)
                                                    : image::torchvision_transform(side, side, image::Filter::bicubic);
  result.input = torchvision_input(config, published);
  result.network = std::make_shared<VisionEncoder>(options);
  return result;
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  switch (naming_of(config)) {
    case Naming::hugging_face:
      return hugging_face_blueprint(config, tensors);
    case Naming::torchvision:
      return torchvision_blueprint(config, tensors);
    case Naming::timm:
      break;
  }
  return timm_vision_transformer(config, tensors);
}

}  // namespace

BackboneFamily vit_family() {
  return {.name = "vit", .claims = claims, .blueprint = blueprint, .processor = ImageProcessor::vit};
}

NameMap hugging_face_vit_names(const TensorMap& tensors, const std::string& prefix) {
  const bool in_memory = has_prefix(tensors, prefix + "layers.");
  const std::string layer = in_memory ? "layers.*." : "encoder.layer.*.";
  const std::string attention = layer + (in_memory ? "attention." : "attention.attention.");
  const NameMap names{
      .rules = {{.ours = "patches.", .foreign = "embeddings.patch_embeddings.projection."},
                {.ours = "class_token", .foreign = "embeddings.cls_token"},
                {.ours = "distillation_token", .foreign = "embeddings.distillation_token"},
                {.ours = "positions", .foreign = "embeddings.position_embeddings"},
                {.ours = "norm_after.", .foreign = "layernorm."},
                {.ours = "blocks.*.attention_norm.", .foreign = layer + "layernorm_before."},
                {.ours = "blocks.*.query.", .foreign = attention + (in_memory ? "q_proj." : "query.")},
                {.ours = "blocks.*.key.", .foreign = attention + (in_memory ? "k_proj." : "key.")},
                {.ours = "blocks.*.value.", .foreign = attention + (in_memory ? "v_proj." : "value.")},
                {.ours = "blocks.*.output.",
                 .foreign = layer + (in_memory ? "attention.o_proj." : "attention.output.dense.")},
                {.ours = "blocks.*.perceptron_norm.", .foreign = layer + "layernorm_after."},
                {.ours = "blocks.*.expand.", .foreign = layer + (in_memory ? "mlp.fc1." : "intermediate.dense.")},
                {.ours = "blocks.*.project.", .foreign = layer + (in_memory ? "mlp.fc2." : "output.dense.")}},
      .ignored = {"pooler.", "embeddings.mask_token"}};
  return names.below(prefix);
}

NameMap torchvision_vit_names(const TensorMap& tensors) {
  const std::string layer = "encoder.layers.encoder_layer_*.";
  const bool old = has_prefix(tensors, "encoder.layers.encoder_layer_0.mlp.linear_");
  NameMap names{.rules = {{.ours = "patches.", .foreign = "conv_proj."},
                          {.ours = "positions", .foreign = "encoder.pos_embedding"},
                          {.ours = "norm_after.", .foreign = "encoder.ln."},
                          {.ours = "classifier.", .foreign = "heads.head."},
                          {.ours = "blocks.*.attention_norm.", .foreign = layer + "ln_1."},
                          {.ours = "blocks.*.output.", .foreign = layer + "self_attention.out_proj."},
                          {.ours = "blocks.*.perceptron_norm.", .foreign = layer + "ln_2."},
                          {.ours = "blocks.*.expand.", .foreign = layer + (old ? "mlp.linear_1." : "mlp.0.")},
                          {.ours = "blocks.*.project.", .foreign = layer + (old ? "mlp.linear_2." : "mlp.3.")}},
                .ignored = {}};
  const std::array parts{"query.", "key.", "value."};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    names.rules.push_back({.ours = std::string("blocks.*.") + parts[i],
                           .foreign = layer + "self_attention.in_proj_",
                           .part = static_cast<std::int64_t>(i),
                           .parts = 3});
  }
  return names;
}

}  // namespace fovea::nn
