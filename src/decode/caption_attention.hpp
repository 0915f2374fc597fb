/// @file Where a decoder looked while it wrote captions.
#pragma once

#include <vector>

#include "decode/hypothesis.hpp"
#include "fovea/captioner.hpp"
#include "nn/caption_decoder.hpp"

namespace fovea::decode {

/// Attention maps of captions that a search has found, from one teacher-forced pass over all of them: a search that
/// kept the maps of hypotheses it drops would pay for most of them in vain.
/// @param captions per image of `memory`, any number each
/// @returns per image and caption the maps of its words.
std::vector<std::vector<AttentionMaps>> attention_maps(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory,
                                                       const std::vector<std::vector<TokenHypothesis>>& captions);

}  // namespace fovea::decode
