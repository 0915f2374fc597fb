#include "nn/caption_tokens.hpp"

namespace fovea::nn {

std::vector<CaptionWord> words_of(std::span<const std::int64_t> tokens, const text::Vocabulary& vocabulary) {
  std::vector<CaptionWord> words;
  for (const auto token : tokens) words.push_back({vocabulary.word(token), words.size(), words.size() + 1});
  return words;
}

}  // namespace fovea::nn
