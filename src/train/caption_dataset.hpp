/// @file Caption data in memory, ready for batches.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "metrics/cider.hpp"
#include "text/caption_data.hpp"
#include "text/vocabulary.hpp"

namespace fovea::train {

/// Images and captions of one data set; image i of `pixels` has captions i.
struct CaptionDataset {
  std::vector<text::CaptionExample> examples;
  std::vector<std::vector<std::vector<std::string>>> words;  ///< [image][caption][word], PTB tokens
  at::Tensor pixels;           ///< uint8 [N, input_size, input_size, 3], the whole photo squashed as the model does it
  std::vector<bool> may_flip;  ///< no caption of the image speaks of left or right
  std::string digest;          ///< of the pixels, for the feature cache

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(examples.size()); }
};

/// Reads a data set and decodes its images on `threads` threads.
/// @throws Error: as read_caption_data() and load_image().
CaptionDataset load_caption_dataset(const std::filesystem::path& jsonl, std::int64_t input_size, int threads);

/// A caption as token ids without begin and end, unknown words included, cut to `max_words`.
/// `ended` tells whether it was left whole.
struct EncodedCaption {
  metrics::TokenIds ids;
  bool ended = true;
};
EncodedCaption encode_caption(const std::vector<std::string>& words, const text::Vocabulary& vocabulary, int max_words);

/// int64 [images.size(), captions_per_image, T]: begin, words, end, padding. An image with fewer captions repeats them,
/// of one with more the first ones are taken. A caption that was cut has no end token: it does not end there.
at::Tensor make_token_batch(const std::vector<std::vector<EncodedCaption>>& captions,
                            const std::vector<std::int64_t>& images, int captions_per_image);

}  // namespace fovea::train
