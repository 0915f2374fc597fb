#include "nn/dinov2.hpp"

#include <cmath>
#include <memory>

#include "nn/backbone_config.hpp"
#include "nn/timm_vision_transformer.hpp"
#include "nn/vision_config.hpp"
#include "nn/vision_encoder.hpp"

namespace fovea::nn {
namespace {

constexpr int kResize = 256;  // shorter side, pixels
constexpr int kCrop = 224;
constexpr std::int64_t kMaxRegisters = 1024;
constexpr double kMaxRatio = 1024;

bool claims(const ForeignConfig& config) {
  const auto type = config.text("model_type", "");
  const auto name = architecture_of(config);
  return type == "dinov2" || type == "dinov2_with_registers" ||
         (name.starts_with("vit_") && name.find("dinov2") != std::string::npos);
}

/// SwiGLU has two thirds of a perceptron's features, rounded up to a multiple of 8.
std::int64_t gated_size(std::int64_t hidden) { return (hidden * 2 / 3 + 7) / 8 * 8; }

VisionEncoderOptions read_options(const ForeignConfig& config) {
  const bool registers = config.text("model_type", "") == "dinov2_with_registers";
  VisionEncoderOptions usual{.patch_size = registers ? 16 : 14, .layer_scale = true};
  usual.resizing = registers ? PositionResizing::bicubic_antialias : PositionResizing::bicubic;
  usual.gated = config.flag("use_swiglu_ffn", false);
  usual.query_key_value_bias = config.flag("qkv_bias", true);
  if (registers) usual.registers = config.integer("num_register_tokens", 4, 0, kMaxRegisters);
  auto options = read_vision_options(config, usual);
  const auto ratio = config.number("mlp_ratio", 4, 0, kMaxRatio);
  options.hidden = static_cast<std::int64_t>(std::floor(static_cast<double>(options.width) * ratio));
  if (options.gated) options.hidden = gated_size(options.hidden);
  check_vision_options(config, options);
  return options;
}

NameMap hugging_face_names(const TensorMap& tensors, const std::string& prefix, bool gated) {
  const std::string layer = "encoder.layer.*.";
  // transformers 5 has other names in memory than in its published files.
  const bool in_memory = has_prefix(tensors, prefix + "encoder.layer.0.attention.q_proj.");
  const std::string attention = layer + (in_memory ? "attention." : "attention.attention.");
  NameMap names{.rules = {{.ours = "patches.", .foreign = "embeddings.patch_embeddings.projection."},
                          {.ours = "class_token", .foreign = "embeddings.cls_token"},
                          {.ours = "registers", .foreign = "embeddings.register_tokens"},
                          {.ours = "positions", .foreign = "embeddings.position_embeddings"},
                          {.ours = "norm_after.", .foreign = "layernorm."},
                          {.ours = "blocks.*.attention_norm.", .foreign = layer + "norm1."},
                          {.ours = "blocks.*.query.", .foreign = attention + (in_memory ? "q_proj." : "query.")},
                          {.ours = "blocks.*.key.", .foreign = attention + (in_memory ? "k_proj." : "key.")},
                          {.ours = "blocks.*.value.", .foreign = attention + (in_memory ? "v_proj." : "value.")},
                          {.ours = "blocks.*.output.",
                           .foreign = layer + (in_memory ? "attention.o_proj." : "attention.output.dense.")},
                          {.ours = "blocks.*.attention_scale", .foreign = layer + "layer_scale1.lambda1"},
                          {.ours = "blocks.*.perceptron_norm.", .foreign = layer + "norm2."},
                          {.ours = "blocks.*.perceptron_scale", .foreign = layer + "layer_scale2.lambda1"}},
                .ignored = {"embeddings.mask_token"}};
  const auto add = [&](const char* ours, const std::string& foreign, std::int64_t part, std::int64_t parts) {
    names.rules.push_back(
        {.ours = std::string("blocks.*.") + ours, .foreign = layer + foreign, .part = part, .parts = parts});
  };
  if (!gated) {
    add("expand.", "mlp.fc1.", 0, 1);
    add("project.", "mlp.fc2.", 0, 1);
  } else if (in_memory) {
    add("gate.", "mlp.gate_proj.", 0, 1);
    add("expand.", "mlp.up_proj.", 0, 1);
    add("project.", "mlp.down_proj.", 0, 1);
  } else {
    add("gate.", "mlp.weights_in.", 0, 2);
    add("expand.", "mlp.weights_in.", 1, 2);
    add("project.", "mlp.weights_out.", 0, 1);
  }
  return names.below(prefix);
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  if (naming_of(config) != Naming::hugging_face) return timm_vision_transformer(config, tensors);
  BackboneBlueprint result;
  auto options = read_options(config);
  result.labels = classifier_labels(config, tensors, "classifier.weight");
  options.labels = static_cast<std::int64_t>(result.labels.size());
  options.pooling = TokenPooling::class_and_patch_mean;
  result.independent_labels = has_independent_labels(config, result.labels);
  const auto prefix = config.text("model_type", "") + ".";
  result.names = hugging_face_names(tensors, has_prefix(tensors, prefix) ? prefix : "", options.gated);
  result.input = image::torchvision_transform(kResize, kCrop, image::Filter::bicubic);
  result.network = std::make_shared<VisionEncoder>(options);
  return result;
}

}  // namespace

BackboneFamily dinov2_family() {
  return {.name = "dinov2", .claims = claims, .blueprint = blueprint, .processor = ImageProcessor::bit};
}

}  // namespace fovea::nn
