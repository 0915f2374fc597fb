/// @file The network of a tiny captioning model, for tests that look inside.
#pragma once

#include <cstdint>

#include "nn/caption_model.hpp"
#include "text/vocabulary.hpp"

namespace fovea::tests {

/// "a red square on a white ground" and the like.
text::Vocabulary tiny_vocabulary();

/// 64 px input, 2 x 2 tokens of width 16, one block in the backbone and one layer in the decoder.
nn::CaptionConfig tiny_caption_config(nn::DecoderFamily decoder, std::int64_t vocabulary_size);

/// Random weights from `seed`, large enough for captions to depend on the image; in evaluation mode.
nn::CaptionNetwork tiny_caption_network(const nn::CaptionConfig& config, unsigned seed);

}  // namespace fovea::tests
