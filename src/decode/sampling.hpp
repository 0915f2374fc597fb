/// @file Captions drawn at random from a decoder's distribution.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "decode/hypothesis.hpp"
#include "fovea/captioner.hpp"
#include "nn/caption_decoder.hpp"
#include "nn/caption_tokens.hpp"

namespace fovea::decode {

/// Draws `options.top` captions per image, word by word from softmax(logits / temperature) over the permitted words,
/// cut to top_k and then to top_p. The draws are numbered by (seed, caption of the image, word), so that an image
/// gets the same captions in any batch. After max_length words only the end token is accepted. log_probs are those
/// of the model itself (temperature 1, nothing cut).
///
/// @returns per image `options.top` captions in the order of better(); the same caption may be drawn twice.
/// @throws Error: usage (options, see validate()), model (the decoder's output is not a number).
std::vector<std::vector<TokenHypothesis>> sample(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory,
                                                 const CaptionOptions& options, const nn::CaptionTokens& tokens = {});

/// Draws captions for self-critical training: from the model's own distribution without padding, begin and unknown,
/// nothing blocked, at least 0 words, and with other draws for every image.
///
/// @param max_length words at most; a caption that has not ended by then has no end token.
/// @param top_p only the most likely words that together have this probability (Holtzman et al. 2020); 1: all.
/// @returns int64 [B, samples_per_image, T]: begin, words, end, then padding; T is what the longest needs.
at::Tensor sample_many(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory, int samples_per_image,
                       int max_length, double top_p, std::uint64_t seed);

}  // namespace fovea::decode
