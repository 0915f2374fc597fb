/// @file The interface behind which the image encoders of foreign models stand: CNNs and vision transformers.
///
/// Letters in shapes: B images, D width, P prefix tokens (class, register), S = grid_height * grid_width tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace fovea::nn {

/// Kinds of encoders, by what their last output is.
enum class BackboneKind {
  cnn,          ///< a grid of features
  transformer,  ///< tokens
};

/// One grid of a backbone.
struct GridLevel {
  std::int64_t stride = 0;    ///< pixels of the input from one cell to the next
  std::int64_t channels = 0;  ///< features of a cell
};

/// What a family says of its shapes; nothing of this is ever guessed from tensors.
struct BackboneShape {
  BackboneKind kind = BackboneKind::transformer;
  std::int64_t input_height = 224;  ///< pixels that the model was made for
  std::int64_t input_width = 224;
  std::int64_t channels = 3;       ///< of the input
  std::int64_t width = 0;          ///< D: features of a token, channels of the last grid
  std::int64_t prefix_tokens = 0;  ///< P: tokens before those of the grid (class, distillation, registers)
  std::vector<GridLevel> levels;   ///< finest first; the last one is what the classifier sees
  bool any_size = true;     ///< other inputs than the one it was made for are taken (multiples of the last stride)
  bool reads_grid = false;  ///< transformer: the classifier sees the mean of the grid's tokens, not the class token

  std::int64_t grid_height() const { return input_height / levels.back().stride; }
  std::int64_t grid_width() const { return input_width / levels.back().stride; }
};

/// What to compute besides the last output.
struct BackboneWants {
  bool grids = false;           ///< all levels
  bool attention = false;       ///< transformers: the weights of every block
  bool mean_attention = false;  ///< the same, averaged over the heads, which takes less memory; not with `attention`
};

/// What a backbone makes of a batch.
struct BackboneOutput {
  at::Tensor last;  ///< cnn: [B, D, h, w]; transformer: [B, P + S, D], after the final norm if there is one
  std::vector<at::Tensor> grids;      ///< when asked for: one of each level [B, C, h, w]; a transformer has one
  std::vector<at::Tensor> attention;  ///< when asked for: of each block [B, H, P + S, P + S], rows sum to 1; averaged
                                      ///< over the heads: float32 [B, P + S, P + S]
};

/// An image encoder, with the classifier it came with if there is one. In evaluation nothing changes it.
class Backbone : public torch::nn::Module {
 public:
  explicit Backbone(BackboneShape shape) : shape_(std::move(shape)) {}

  const BackboneShape& shape() const noexcept { return shape_; }

  /// @param pixels [B, 3, H, W] (1 channel where the family says so), normalised as the model's preprocessing says, of
  ///               the type of the weights
  virtual BackboneOutput forward(const at::Tensor& pixels, const BackboneWants& wants) = 0;

  /// Number of labels that the classifier tells; 0 without one.
  virtual std::int64_t label_count() const noexcept { return 0; }
  /// Logits [B, labels] from BackboneOutput::last. Differentiable, which is how Grad-CAM looks through it.
  /// @throws Error: internal without a classifier.
  virtual at::Tensor classify(const at::Tensor& last);
  /// Probabilities [B, labels], float32, from the classifier's logits: softmax, or sigmoid of each label.
  /// @param independent BackboneBlueprint::independent_labels
  virtual at::Tensor probabilities(const at::Tensor& logits, bool independent) const;

  /// Weights of the layers up to the first grid: what a training run may leave as it is. None where a family has no
  /// such part.
  virtual std::vector<at::Tensor> stem_weights() const { return {}; }

  /// Copies the weights of the convolutions into oneDNN's own layout, which is faster. Call it once, when the weights
  /// are loaded and before other threads see the network; they must not be changed from then on. Where gradients are
  /// recorded the weights themselves are used.
  virtual void pack();

 private:
  BackboneShape shape_;
};

}  // namespace fovea::nn
