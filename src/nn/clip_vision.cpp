#include "nn/clip_vision.hpp"

#include <memory>

#include "nn/backbone_config.hpp"
#include "nn/preprocessor_config.hpp"
#include "nn/vision_config.hpp"
#include "nn/vision_encoder.hpp"

namespace fovea::nn {
namespace {

VisionEncoderOptions usual_options(std::int64_t patch_size) {
  return {.patch_size = patch_size,
          .activation = Activation::quick_gelu,
          .epsilon = 1e-5,
          .patch_bias = false,
          .norm_before = true,
          .norm_after = false};
}

NameMap names_below(const std::string& prefix) {
  const std::string layer = "encoder.layers.*.";
  const NameMap names{
      .rules = {{.ours = "patches.", .foreign = "embeddings.patch_embedding."},
                {.ours = "class_token", .foreign = "embeddings.class_embedding", .squeezed = true},
                {.ours = "positions", .foreign = "embeddings.position_embedding.weight", .squeezed = true},
                {.ours = "norm_before.", .foreign = "pre_layrnorm."},
                {.ours = "norm_after.", .foreign = "post_layernorm."},
                {.ours = "blocks.*.attention_norm.", .foreign = layer + "layer_norm1."},
                {.ours = "blocks.*.query.", .foreign = layer + "self_attn.q_proj."},
                {.ours = "blocks.*.key.", .foreign = layer + "self_attn.k_proj."},
                {.ours = "blocks.*.value.", .foreign = layer + "self_attn.v_proj."},
                {.ours = "blocks.*.output.", .foreign = layer + "self_attn.out_proj."},
                {.ours = "blocks.*.perceptron_norm.", .foreign = layer + "layer_norm2."},
                {.ours = "blocks.*.expand.", .foreign = layer + "mlp.fc1."},
                {.ours = "blocks.*.project.", .foreign = layer + "mlp.fc2."}},
      .ignored = {"embeddings.position_ids", "post_layernorm."}};
  return names.below(prefix);
}

image::InputTransform clip_input(std::int64_t image_size) {
  auto input = class_defaults(ImageProcessor::clip);
  input.width = input.height = input.shortest_edge = static_cast<int>(image_size);
  return input;
}

bool claims(const ForeignConfig& config) {
  const auto type = config.text("model_type", "");
  return type == "clip_vision_model" || type == "clip";
}

BackboneBlueprint blueprint(const ForeignConfig& config, const TensorMap& tensors) {
  const bool whole = config.text("model_type", "") == "clip";
  BackboneBlueprint result;
  auto options = read_vision_options(whole ? config.child("vision_config") : config, usual_options(32));
  result.labels = classifier_labels(config, tensors, "classifier.weight");
  options.labels = static_cast<std::int64_t>(result.labels.size());
  options.pooling = TokenPooling::patch_mean;
  result.independent_labels = has_independent_labels(config, result.labels);
  result.names = names_below(has_prefix(tensors, "vision_model.") ? "vision_model." : "");
  for (const char* other : {"text_model.", "text_projection.", "visual_projection.", "logit_scale"}) {
    result.names.ignored.emplace_back(other);
  }
  result.input = clip_input(options.image_size);
  result.network = std::make_shared<VisionEncoder>(options);
  return result;
}

}  // namespace

BackboneFamily clip_vision_family() {
  return {.name = "clip", .claims = claims, .blueprint = blueprint, .processor = ImageProcessor::clip};
}

BackboneBlueprint git_vision(const ForeignConfig& config, const TensorMap& tensors) {
  auto options = read_vision_options(config.child("vision_config"), usual_options(16));
  options.norm_after = true;
  BackboneBlueprint result;
  result.names = names_below(std::string(has_prefix(tensors, "git.") ? "git." : "") + "image_encoder.vision_model.");
  result.input = clip_input(options.image_size);
  result.network = std::make_shared<VisionEncoder>(options);
  return result;
}

}  // namespace fovea::nn
