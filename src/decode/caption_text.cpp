#include "decode/caption_text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include <ATen/ops/empty.h>

#include "fovea/error.hpp"
#include "text/ptb_tokenizer.hpp"

namespace fovea::decode {

Hypothesis to_text(const TokenHypothesis& found, std::span<const nn::CaptionWord> words, std::string text) {
  Hypothesis hypothesis;
  for (const auto& word : words) {
    hypothesis.words.push_back(word.text);
    float log_prob = 0;
    for (auto token = word.begin; token < word.end; ++token) log_prob += found.log_probs[token];
    hypothesis.word_log_probs.push_back(log_prob);
  }
  hypothesis.text = std::move(text);
  hypothesis.log_prob = found.log_prob;
  hypothesis.finished = found.finished;
  return hypothesis;
}

Hypothesis to_text(const TokenHypothesis& found, const text::Vocabulary& vocabulary) {
  auto hypothesis = to_text(found, nn::words_of(found.words(), vocabulary), {});
  hypothesis.text = text::to_sentence(hypothesis.words);
  return hypothesis;
}

at::Tensor stack_pixels(std::span<const PreparedImage> images, std::int64_t width, std::int64_t height) {
  auto batch = at::empty({static_cast<std::int64_t>(images.size()), height, width, 3}, at::kByte);
  auto* out = batch.mutable_data_ptr<std::uint8_t>();
  const auto expected = static_cast<std::size_t>(height * width * 3);
  for (const auto& image : images) {
    if (image.pixels.size() != expected) {
      throw Error(ErrorCode::usage, "a prepared image has " + std::to_string(image.pixels.size()) +
                                        " bytes of pixels, expected " + std::to_string(expected) +
                                        "; make it with prepare() of a Captioner of the same model");
    }
    out = std::copy(image.pixels.begin(), image.pixels.end(), out);
  }
  return batch;
}

}  // namespace fovea::decode
