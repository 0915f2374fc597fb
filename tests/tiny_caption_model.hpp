/// @file A captioning model for tests of what surrounds it.
#pragma once

#include <filesystem>

namespace fovea::tests {

/// Which of the two decoders a tiny model has.
enum class TinyDecoder { transformer, lstm };

/// Writes a model folder of the shipped kind, 5 MB: 64 px input, 14 words, random weights, the same for the same seed.
/// Its captions make no sense, but they depend on the image.
void write_tiny_caption_model(const std::filesystem::path& folder, unsigned seed = 1,
                              TinyDecoder decoder = TinyDecoder::transformer);

}  // namespace fovea::tests
