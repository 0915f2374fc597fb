/// @file The hypotheses of a batch of images on their way through a decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "nn/caption_decoder.hpp"

namespace fovea::decode {

/// Couples a decoder with its state and knows which image every row belongs to. Rows are image-major: those of the
/// first image in images() come first, rows_per_image() of them.
class Frontier {
 public:
  /// Starts with one row per image, which holds nothing yet. `decoder` must outlive the frontier.
  Frontier(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory);

  /// The images that still have rows: numbers in the batch, ascending.
  const std::vector<std::size_t>& images() const noexcept { return images_; }
  std::int64_t rows_per_image() const noexcept { return rows_per_image_; }

  /// Feeds all tokens of a prompt but the last one, before the first step. @param prompt at least one token
  /// @returns what the first step takes: the last token, for every image
  std::vector<std::int64_t> feed_prompt(std::span<const std::int64_t> prompt);

  /// Feeds the last token of every row.
  /// @returns natural log-probabilities of the next token, float32 [R, V], contiguous; the caller may change them.
  /// @throws Error: model, when the decoder's values are not numbers.
  at::Tensor step(const std::vector<std::int64_t>& tokens);

  /// Drops images for which `done` (one entry per image of the batch) is not 0. Since this copies what is
  /// remembered of the others, it waits until a good part of the batch is done; images() tells what happened.
  void drop(const std::vector<char>& done);

  /// Makes the rows `rows` of the present ones the new rows, in that order; every row stays with its image.
  void select(const std::vector<std::int64_t>& rows, std::int64_t rows_per_image);

 private:
  nn::CaptionDecoder& decoder_;
  std::unique_ptr<nn::DecoderState> state_;
  std::vector<std::size_t> images_;
  std::int64_t rows_per_image_ = 1;
};

}  // namespace fovea::decode
