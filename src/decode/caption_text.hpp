/// @file Between tensors of tokens or pixels and what callers give and get.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "decode/hypothesis.hpp"
#include "fovea/captioner.hpp"
#include "nn/caption_tokens.hpp"
#include "text/vocabulary.hpp"

namespace fovea::decode {

/// A found sequence of tokens as words, without attention.
/// @param words that the tokens show
Hypothesis to_text(const TokenHypothesis& found, std::span<const nn::CaptionWord> words, std::string text);
/// The same where each token is a word of a vocabulary.
Hypothesis to_text(const TokenHypothesis& found, const text::Vocabulary& vocabulary);

/// Pixels of a batch, uint8 [B, height, width, 3].
/// @throws Error: usage when an image was prepared for another size.
at::Tensor stack_pixels(std::span<const PreparedImage> images, std::int64_t width, std::int64_t height);

}  // namespace fovea::decode
