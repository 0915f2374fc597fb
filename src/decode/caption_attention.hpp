/// @file Where a decoder looked while it wrote captions.
#pragma once

#include <span>
#include <vector>

#include "decode/hypothesis.hpp"
#include "fovea/captioner.hpp"
#include "nn/caption_decoder.hpp"
#include "nn/caption_tokens.hpp"

namespace fovea::decode {

/// Attention maps of captions that a search has found, from one teacher-forced pass over all of them: a search that
/// kept the maps of hypotheses it drops would pay for most of them in vain.
/// @param captions per image of `memory`, any number each
/// @returns per image and caption the maps of its tokens, the end token's left out; tokens of `memory` that stand for
/// no place are left out, and each map sums to 1 without them.
std::vector<std::vector<AttentionMaps>> attention_maps(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory,
                                                       const std::vector<std::vector<TokenHypothesis>>& captions,
                                                       const nn::CaptionTokens& meaning = {});

/// Maps of words: the means of their tokens' maps.
AttentionMaps maps_of_words(const AttentionMaps& maps, std::span<const nn::CaptionWord> words);

}  // namespace fovea::decode
