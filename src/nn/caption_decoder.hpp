/// @file The interface behind which the caption decoders stand: teacher-forced for training, step by step for search.
///
/// Letters in shapes: B images, C captions per image, T tokens, S tokens of the image, D width, V vocabulary,
/// R = B * rows_per_image hypotheses, image-major (all rows of image 0, then of image 1, ...).
#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace fovea::nn {

/// An encoded batch of images.
struct ImageMemory {
  at::Tensor tokens;  ///< [B, S, D], S = prefix + grid_height * grid_width; the grid row-major from the top left
  std::int64_t grid_height = 0;
  std::int64_t grid_width = 0;
  std::int64_t prefix = 0;  ///< tokens before those of the grid, which stand for no place (class, registers)
};

/// What a decoder remembers between two steps (caches of keys and values, or recurrent state).
class DecoderState {
 public:
  virtual ~DecoderState() = default;
  /// Keeps the hypotheses `rows` (int64 [B * rows_per_image], image-major, row numbers of the present state; every
  /// row stays with its image) in that order. This is how beams are reordered and how 1 row becomes `beam` rows.
  virtual void select_rows(const at::Tensor& rows, std::int64_t rows_per_image) = 0;
  /// Keeps the images `images` (int64 [B'], ascending) with all their rows: drops the ones that are done.
  virtual void select_images(const at::Tensor& images) = 0;
};

/// A decoder's answer to teacher forcing.
struct DecoderOutput {
  at::Tensor logits;     ///< [B, C, T, V]: position t predicts the token after tokens[..., t]
  at::Tensor attention;  ///< [B, C, L, H, T, S] when asked for, else undefined; L layers, H heads, sums to 1 over S
};

/// A network that writes captions from an ImageMemory.
class CaptionDecoder : public torch::nn::Module {
 public:
  /// Teacher forcing. `tokens` int64 [B, C, T], each caption starting with the begin token, padded at the end.
  virtual DecoderOutput forward(const ImageMemory& memory, const at::Tensor& tokens, bool want_attention) = 0;

  /// Starts a search with one row per image. Everything that depends on the image only is computed here, once.
  virtual std::unique_ptr<DecoderState> start(const ImageMemory& memory) = 0;

  /// Feeds the last token of every hypothesis (`tokens` int64 [R]) and returns the logits of the next, float32 [R, V].
  virtual at::Tensor step(DecoderState& state, const at::Tensor& tokens) = 0;
};

}  // namespace fovea::nn
