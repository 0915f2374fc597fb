/// @file The image encoder below this project's own heads: our MobileNetV2, or a network of another library.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "image/input_transform.hpp"
#include "nn/backbone.hpp"
#include "nn/mobilenet_v2.hpp"
#include "nn/packed_mobilenet_v2.hpp"
#include "nn/pyramid.hpp"

namespace fovea::nn {

/// An encoder of another library, as `encoder` in a model's config.json describes it.
struct EncoderConfig {
  std::string config;            ///< the JSON of its config.json, as that library wrote it
  image::InputTransform values;  ///< scale, offset, mean and std count; the image is squashed as all our models do it
  std::string family;            ///< "dinov2"; follows from `config`, as all below
  BackboneShape shape;
  PyramidLayout layout;
};

/// The grids of an encoder; without a configuration MobileNetV2's.
const PyramidLayout& layout_of(const std::optional<EncoderConfig>& config);

/// The smallest square input.
std::int64_t least_input(const std::optional<EncoderConfig>& config);
/// What the side of a square input must be ("a multiple of 32"); empty where `size` is.
std::string wrong_input(const std::optional<EncoderConfig>& config, std::int64_t size);

/// An encoder with its weights. Copies share the weights.
class Encoder {
 public:
  /// Nothing: MobileNetV2 with random weights. Those of another network are not set: load them before use.
  explicit Encoder(const std::optional<EncoderConfig>& config = {});
  explicit Encoder(const MobileNetV2& network);

  const PyramidLayout& layout() const noexcept { return layout_; }
  /// The network: what the weights below `encoder.` belong to.
  const std::shared_ptr<torch::nn::Module>& module() const noexcept { return module_; }
  /// Null where it is another network.
  MobileNetV2Impl* mobilenet_v2() const noexcept { return mobilenet_.get(); }
  /// Weights of the layers up to the first grid, which may stay as they are (Backbone::stem_weights()).
  std::vector<at::Tensor> stem_weights() const;
  /// What else than weights the grids depend on: part of the name of a cache.
  std::string description() const;

  /// 8-bit RGB [B, H, W, 3] -> grids, in the type of the weights. Gradients are recorded where weights ask for them.
  PyramidFeatures pyramid(const at::Tensor& rgb) const;
  /// The same where the two last grids are enough.
  GridFeatures grids(const at::Tensor& rgb) const;

  /// From now on runs faster and without gradients; the weights must not change any more, and those of another network
  /// cannot be saved. @param type at::kFloat or at::kBFloat16   @param size of the square input
  void pack(at::ScalarType type, std::int64_t size);

 private:
  at::ScalarType type() const;

  std::optional<EncoderConfig> config_;
  PyramidLayout layout_;
  std::shared_ptr<MobileNetV2Impl> mobilenet_;
  std::shared_ptr<Backbone> backbone_;
  std::shared_ptr<torch::nn::Module> module_;
  std::shared_ptr<const PackedMobileNetV2> packed_;
};

}  // namespace fovea::nn
