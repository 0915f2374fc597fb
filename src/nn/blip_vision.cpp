#include "nn/blip_vision.hpp"

#include <array>
#include <memory>

#include "nn/preprocessor_config.hpp"
#include "nn/vision_config.hpp"
#include "nn/vision_encoder.hpp"

namespace fovea::nn {
namespace {

NameMap blip_names() {
  const std::string layer = "encoder.layers.*.";
  NameMap names{.rules = {{.ours = "patches.", .foreign = "embeddings.patch_embedding."},
                          {.ours = "class_token", .foreign = "embeddings.class_embedding"},
                          {.ours = "positions", .foreign = "embeddings.position_embedding"},
                          {.ours = "norm_after.", .foreign = "post_layernorm."},
                          {.ours = "blocks.*.attention_norm.", .foreign = layer + "layer_norm1."},
                          {.ours = "blocks.*.output.", .foreign = layer + "self_attn.projection."},
                          {.ours = "blocks.*.perceptron_norm.", .foreign = layer + "layer_norm2."},
                          {.ours = "blocks.*.expand.", .foreign = layer + "mlp.fc1."},
                          {.ours = "blocks.*.project.", .foreign = layer + "mlp.fc2."}},
                .ignored = {}};
  const std::array parts{"query.", "key.", "value."};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    names.rules.push_back({.ours = std::string("blocks.*.") + parts[i],
                           .foreign = layer + "self_attn.qkv.",
                           .part = static_cast<std::int64_t>(i),
                           .parts = 3});
  }
  return names.below("vision_model.");
}

}  // namespace

BackboneBlueprint blip_vision(const ForeignConfig& config) {
  const auto options = read_vision_options(config.child("vision_config"), {.image_size = 384, .epsilon = 1e-5});
  BackboneBlueprint result;
  result.names = blip_names();
  result.input = class_defaults(ImageProcessor::blip);
  const auto side = static_cast<int>(options.image_size);
  result.input.width = result.input.height = result.input.resize_width = result.input.resize_height = side;
  result.network = std::make_shared<VisionEncoder>(options);
  return result;
}

}  // namespace fovea::nn
