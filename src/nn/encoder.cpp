#include "nn/encoder.hpp"

#include "nn/encoder_config.hpp"
#include "nn/input_tensor.hpp"

namespace fovea::nn {
namespace {

const PyramidLayout& mobilenet_layout() {
  using Net = MobileNetV2Impl;
  static const PyramidLayout layout{.quarter = {.stride = 4, .channels = Net::kQuarterChannels},
                                    .eighth = {.stride = 8, .channels = Net::kEighthChannels},
                                    .fine = {.stride = Net::kFineStride, .channels = Net::kFineChannels},
                                    .coarse = {.stride = Net::kCoarseStride, .channels = Net::kCoarseChannels}};
  return layout;
}

}  // namespace

const PyramidLayout& layout_of(const std::optional<EncoderConfig>& config) {
  return config ? config->layout : mobilenet_layout();
}

std::int64_t least_input(const std::optional<EncoderConfig>& config) { return layout_of(config).coarse.stride; }

std::string wrong_input(const std::optional<EncoderConfig>& config, std::int64_t size) {
  if (config && !config->shape.any_size) {
    if (size == config->shape.input_width && size == config->shape.input_height) return {};
    return std::to_string(config->shape.input_width) + ", the size that the encoder (" + config->family +
           ") was made for: its positions are not interpolated";
  }
  const auto stride = layout_of(config).coarse.stride;
  if (size % stride == 0) return {};
  return "a multiple of " + std::to_string(stride);
}

Encoder::Encoder(const std::optional<EncoderConfig>& config) : config_(config), layout_(layout_of(config)) {
  if (config) {
    module_ = backbone_ = make_network(*config);
  } else {
    module_ = mobilenet_ = MobileNetV2().ptr();
  }
}

Encoder::Encoder(const MobileNetV2& network)
    : layout_(mobilenet_layout()), mobilenet_(network.ptr()), module_(network.ptr()) {}

std::vector<at::Tensor> Encoder::stem_weights() const {
  return mobilenet_ ? mobilenet_->stem_weights() : backbone_->stem_weights();
}

std::string Encoder::description() const { return config_ ? encoder_json(*config_).dump() : std::string(); }

at::ScalarType Encoder::type() const { return module_->parameters().front().scalar_type(); }

PyramidFeatures Encoder::pyramid(const at::Tensor& rgb) const {
  if (packed_) return packed_->pyramid(rgb);
  if (mobilenet_) return mobilenet_->pyramid(MobileNetV2Impl::normalise(rgb).to(type()));
  const auto out = backbone_->forward(normalize(rgb, config_->values).to(type()),
                                      {.grids = true, .attention = false, .mean_attention = false});
  const auto& grids = out.grids;
  if (layout_.one_grid) {
    return {.quarter = grids[0], .eighth = grids[0], .grids = {.fine = grids[0], .coarse = grids[0]}};
  }
  return {.quarter = grids[0], .eighth = grids[1], .grids = {.fine = grids[2], .coarse = grids[3]}};
}

GridFeatures Encoder::grids(const at::Tensor& rgb) const {
  if (packed_) return packed_->forward(rgb);
  if (mobilenet_) return mobilenet_->forward(MobileNetV2Impl::normalise(rgb).to(type()));
  return pyramid(rgb).grids;
}

void Encoder::pack(at::ScalarType type, std::int64_t size) {
  if (mobilenet_) {
    packed_ = std::make_shared<const PackedMobileNetV2>(*mobilenet_, type, size);
    return;
  }
  backbone_->to(type);
  backbone_->eval();
  backbone_->pack();
}

}  // namespace fovea::nn
