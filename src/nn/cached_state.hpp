/// @file What a transformer decoder of captions remembers between two steps.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "nn/beam_cache.hpp"
#include "nn/caption_decoder.hpp"

namespace fovea::nn {

/// Keys and values: of the words, as a tree, and of the image, shared by all hypotheses.
class CachedState final : public DecoderState {
 public:
  /// @param image_sources of each layer with attention to the image, [B, H, S, d]
  CachedState(BeamCache words, std::vector<KeyValue> image_sources)
      : cache(std::move(words)), image(std::move(image_sources)) {}

  void select_rows(const at::Tensor& rows, std::int64_t rows_per_image) override {
    cache.select_rows(rows, rows_per_image);
  }
  void select_images(const at::Tensor& images) override;

  /// Begins a step of a decoder that knows `max_positions` positions. @return the position of the newest tokens
  /// @throws Error: usage when there is none left.
  std::int64_t next_position(std::int64_t max_positions);

  BeamCache cache;
  std::vector<KeyValue> image;
};

/// @throws Error: usage when a caption of `length` tokens is longer than the model's positions.
void check_caption_length(std::int64_t length, std::int64_t max_positions);

}  // namespace fovea::nn
