#include "nn/vision_config.hpp"

#include "fovea/error.hpp"

namespace fovea::nn {
namespace {

constexpr std::int64_t kMost = 1 << 16;
constexpr double kLargestEpsilon = 0.1;

constexpr const char* name_of(Activation activation) {
  return activation == Activation::quick_gelu ? "quick_gelu" : "gelu";
}

}  // namespace

VisionEncoderOptions read_vision_options(const ForeignConfig& config, VisionEncoderOptions usual) {
  config.require("num_channels", 3);
  usual.width = config.integer("hidden_size", usual.width, 1, kMost);
  usual.layers = config.integer("num_hidden_layers", usual.layers, 1, kMost);
  usual.heads = config.integer("num_attention_heads", usual.heads, 1, kMost);
  usual.hidden = config.integer("intermediate_size", usual.hidden, 1, kMost);
  usual.activation = activation_named(config.text("hidden_act", name_of(usual.activation)), config.source());
  usual.epsilon = config.number("layer_norm_eps", usual.epsilon, 0, kLargestEpsilon);
  usual.image_size = config.side("image_size", usual.image_size, 1, kMost);
  usual.patch_size = config.side("patch_size", usual.patch_size, 1, kMost);
  check_vision_options(config, usual);
  config.require("head_dim", usual.width / usual.heads);
  return usual;
}

void check_vision_options(const ForeignConfig& config, const VisionEncoderOptions& options) {
  try {
    validate(options);
  } catch (const Error& e) {
    config.fail(e.what());
  }
}

}  // namespace fovea::nn
