/// @file Beam search; with one beam it is greedy search.
#pragma once

#include <vector>

#include "decode/hypothesis.hpp"
#include "fovea/captioner.hpp"
#include "nn/caption_decoder.hpp"
#include "nn/caption_tokens.hpp"

namespace fovea::decode {

/// Searches the best captions of a batch of images. Nothing depends on how images are grouped into batches.
///
/// In every step the `beam` live hypotheses of an image are extended by every permitted token. The extensions are
/// ranked by log-probability, ties by lower token id: those among the best `beam` that end are finished, the best
/// `beam` of the others live on. An image is done when `beam` finished hypotheses score at least as well as every live
/// one does at its present length, or when no live one can reach the `top`-th best finished one, however it continues.
/// With one beam the first rule is greedy search: an end that is the best extension is the caption. After max_length
/// words only the end token is accepted, and what has not ended by then is unfinished.
/// `tokens` may ask for other rules (transformers_beam.hpp).
///
/// @returns per image at most `options.top` captions in the order of better(), at least one.
/// @throws Error: usage (options, see validate()), model (the decoder's output is not a number).
std::vector<std::vector<TokenHypothesis>> beam_search(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory,
                                                      const CaptionOptions& options,
                                                      const nn::CaptionTokens& tokens = {});

/// The best `beam` captions of each image for self-critical training, by a search with so many beams and nothing
/// blocked. Where fewer are found, the best one stands for those that lack.
///
/// @param max_length words at most; a caption that has not ended by then has no end token.
/// @returns int64 [B, beam, T]: begin, words, end, then padding; T is what the longest needs.
at::Tensor search_many(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory, int beam, int max_length);

}  // namespace fovea::decode
