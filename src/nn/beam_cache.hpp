/// @file Keys and values of hypotheses that branch: a tree that grows by a token per hypothesis and is never copied.
///
/// Letters in shapes: B images, R rows (hypotheses) of an image, H heads, d size of a head, E entries so far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fovea/nn/attention.hpp"

namespace fovea::nn {

/// What the hypotheses of some images remember of the tokens before. Every step appends an entry per row; all rows of
/// an image see one list of entries through a mask that says which are ancestors of which row. Choosing beams anew
/// changes the mask only.
class BeamCache {
 public:
  /// @param layers of keys and values   @param images B; one row each at first
  BeamCache(std::size_t layers, std::int64_t images);
  /// Entries that all rows see from the start (those of an image's tokens). @param prefix per layer, [B, H, E, d]
  explicit BeamCache(const std::vector<KeyValue>& prefix);

  /// Begins a step: one entry for each row. Then each layer appends once, then the rows may be chosen anew.
  void begin_step();
  /// Adds the keys and values [B, H, R, d] of the newest tokens to a layer.
  /// @return those of all entries, [B, H, E, d]; views of the cache
  KeyValue append(std::size_t layer, const KeyValue& newest);
  /// Which entries each row sees: bool [B, 1, R, E]; undefined while every row sees every entry.
  const at::Tensor& mask() const noexcept { return mask_; }

  /// As DecoderState.
  void select_rows(const at::Tensor& rows, std::int64_t rows_per_image);
  void select_images(const at::Tensor& images);

  std::int64_t images() const noexcept { return images_; }
  std::int64_t rows_per_image() const noexcept { return rows_; }
  /// Tokens of each hypothesis so far, that of a step that has begun included.
  std::int64_t length() const noexcept { return length_; }

 private:
  void reserve(at::Tensor& buffer, const at::Tensor& newest) const;

  std::vector<KeyValue> buffers_;  ///< [B, H, capacity, d]
  at::Tensor ancestors_;           ///< bool [B, R, E]
  at::Tensor mask_;
  std::int64_t images_;
  std::int64_t rows_ = 1;
  std::int64_t prefix_ = 0;
  std::int64_t entries_ = 0;
  std::int64_t length_ = 0;
};

}  // namespace fovea::nn
