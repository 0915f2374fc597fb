/// @file Captions as the tensor that training forces a decoder through.
#pragma once

#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

#include "decode/hypothesis.hpp"

namespace fovea::decode {

/// @param captions  [images * per_image], image by image
/// @returns int64 [images, per_image, T]: begin, words, end where the caption has one, then padding; T is what the
/// longest needs.
at::Tensor token_batch(std::span<const TokenHypothesis> captions, std::int64_t images, std::int64_t per_image);

}  // namespace fovea::decode
