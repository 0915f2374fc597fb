/// @file The network of ViT, DeiT, DINOv2, and of the image sides of CLIP, BLIP and GIT (Dosovitskiy et al. 2021, "An
/// Image is Worth 16x16 Words"): patches and a few tokens of no place through pre-norm blocks.
///
/// Letters in shapes: B images, D width, P prefix tokens (class, distillation, registers, in this order), S = h * w
/// tokens of the grid, H heads.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "fovea/nn/attention.hpp"
#include "nn/backbone.hpp"
#include "nn/layers.hpp"

namespace fovea::nn {

/// What becomes of the learned positions where the input has another size than the model was made for.
enum class PositionResizing {
  refused,           ///< such inputs are refused
  bicubic,           ///< DINOv2
  bicubic_antialias  ///< DINOv2 with registers, timm
};

/// Which tokens a classifier sees.
enum class TokenPooling {
  class_token,
  patch_mean,            ///< of all tokens but the prefix
  class_and_patch_mean,  ///< one after the other: [B, 2 D]
};

/// Sizes and kind of a VisionEncoder.
struct VisionEncoderOptions {
  std::int64_t image_size = 224;  ///< square input; a multiple of patch_size
  std::int64_t patch_size = 16;
  std::int64_t width = 768;  ///< D
  std::int64_t layers = 12;
  std::int64_t heads = 12;     ///< must divide width
  std::int64_t hidden = 3072;  ///< of a perceptron
  Activation activation = Activation::gelu;
  bool gated = false;  ///< the perceptron is SwiGLU (Shazeer 2020): project(silu(gate x) * expand x)
  double epsilon = 1e-6;
  bool patch_bias = true;
  bool query_key_value_bias = true;
  bool distillation_token = false;  ///< DeiT's, behind the class token
  std::int64_t registers = 0;       ///< tokens of Darcet et al. 2024 ("Vision Transformers Need Registers")
  bool prefix_positions = true;     ///< class and distillation token have learned positions too; registers never
  bool norm_before = false;         ///< a norm before the first block: CLIP
  bool norm_after = true;           ///< a norm of every token behind the last block
  bool layer_scale = false;         ///< what a block adds is scaled per feature (Touvron et al. 2021)
  PositionResizing resizing = PositionResizing::refused;

  std::int64_t labels = 0;  ///< of the classifier; 0: there is none
  TokenPooling pooling = TokenPooling::class_token;
  bool pooled_norm = false;      ///< a norm of what was pooled
  bool two_classifiers = false;  ///< one for the class token, one for the distillation token; their mean counts

  std::int64_t side() const { return image_size / patch_size; }
  std::int64_t prefix_tokens() const { return 1 + (distillation_token ? 1 : 0) + registers; }
};

/// @throws Error: usage, naming the field and the value.
void validate(const VisionEncoderOptions& options);

/// x + attention(norm(x)), then x + perceptron(norm(x)).
/// Weights: `attention_norm`, `query`, `key`, `value`, `output` [D, D], `attention_scale` [D], `perceptron_norm`,
/// `expand` [hidden, D], `gate` [hidden, D], `project` [D, hidden], `perceptron_scale` [D].
class VisionBlockImpl : public torch::nn::Module {
 public:
  explicit VisionBlockImpl(const VisionEncoderOptions& options);
  /// @param x [B, P + S, D]  @return the same shape; weights [B, H, P + S, P + S] when asked for
  AttentionOutput forward(const at::Tensor& x, bool want_weights);

 private:
  at::Tensor split_heads(const at::Tensor& x) const;
  at::Tensor perceptron(const at::Tensor& x);

  std::int64_t heads_;
  Activation activation_;
  NormLayer attention_norm_{nullptr};
  LinearLayer query_{nullptr};
  LinearLayer key_{nullptr};
  LinearLayer value_{nullptr};
  LinearLayer output_{nullptr};
  NormLayer perceptron_norm_{nullptr};
  LinearLayer expand_{nullptr};
  LinearLayer gate_{nullptr};  // SwiGLU only
  LinearLayer project_{nullptr};
  at::Tensor attention_scale_;   // undefined without layer scale
  at::Tensor perceptron_scale_;  // undefined without layer scale
};
TORCH_MODULE(VisionBlock);

/// Weights: `patches`, `class_token` and `distillation_token` [1, 1, D], `registers` [1, R, D], `positions`
/// [1, (1 or 2) + S, D] ([1, S, D] without prefix_positions), `norm_before`, `blocks.N`, `norm_after`, `pooled_norm`,
/// `classifier`, `distillation_classifier`.
class VisionEncoder : public Backbone {
 public:
  /// @throws Error: as validate().
  explicit VisionEncoder(const VisionEncoderOptions& options);

  BackboneOutput forward(const at::Tensor& pixels, const BackboneWants& wants) override;
  std::int64_t label_count() const noexcept override { return options_.labels; }
  at::Tensor classify(const at::Tensor& last) override;
  /// The classifiers stay as they are: gradients go through them.
  void pack() override;

  const VisionEncoderOptions& options() const noexcept { return options_; }

 private:
  void check_pixels(const at::Tensor& pixels) const;
  at::Tensor embed(const at::Tensor& pixels);
  at::Tensor positions_for(std::int64_t grid_height, std::int64_t grid_width) const;
  at::Tensor pooled(const at::Tensor& last) const;

  VisionEncoderOptions options_;
  ConvLayer patches_{nullptr};
  at::Tensor class_token_;
  at::Tensor distillation_token_;  // undefined without one
  at::Tensor registers_;           // undefined without any
  at::Tensor positions_;
  NormLayer norm_before_{nullptr};
  std::vector<VisionBlock> blocks_;
  NormLayer norm_after_{nullptr};
  NormLayer pooled_norm_{nullptr};
  LinearLayer classifier_{nullptr};
  LinearLayer distillation_classifier_{nullptr};
};

}  // namespace fovea::nn
