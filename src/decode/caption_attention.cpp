#include "decode/caption_attention.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/sum.h>

#include "text/vocabulary.hpp"

namespace fovea::decode {
namespace {

/// The decoder's input, int64 [B, C, T]: position t is what predicts word t, so the last word is left out.
at::Tensor teacher_tokens(const std::vector<std::vector<TokenHypothesis>>& captions) {
  std::size_t most = 1;
  std::size_t longest = 1;
  for (const auto& of_image : captions) {
    most = std::max(most, of_image.size());
    for (const auto& caption : of_image) longest = std::max(longest, caption.words().size());
  }
  const auto images = static_cast<std::int64_t>(captions.size());
  auto tokens = at::full({images, static_cast<std::int64_t>(most), static_cast<std::int64_t>(longest)},
                         text::Vocabulary::kPad, at::kLong);
  tokens.select(2, 0).fill_(text::Vocabulary::kBegin);
  auto* out = tokens.mutable_data_ptr<std::int64_t>();
  for (std::size_t image = 0; image < captions.size(); ++image) {
    for (std::size_t i = 0; i < captions[image].size(); ++i) {
      const auto words = captions[image][i].words();
      if (words.empty()) continue;
      std::copy(words.begin(), words.end() - 1, out + (image * most + i) * longest + 1);
    }
  }
  return tokens;
}

}  // namespace

std::vector<std::vector<AttentionMaps>> attention_maps(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory,
                                                       const std::vector<std::vector<TokenHypothesis>>& captions) {
  if (captions.empty()) return {};
  const at::NoGradGuard no_grad;
  auto weights = decoder.forward(memory, teacher_tokens(captions), /*want_attention=*/true).attention.to(at::kFloat);
  // In bf16 each weight was rounded on its own, and a map summed to 1 only within a percent.
  weights = (weights / weights.sum(-1, /*keepdim=*/true)).contiguous();  // [B, C, L, H, T, S]
  const auto layers = weights.size(2);
  const auto heads = weights.size(3);
  const auto length = weights.size(4);
  const auto cells = weights.size(5);

  std::vector<std::vector<AttentionMaps>> maps(captions.size());
  for (std::size_t image = 0; image < captions.size(); ++image) {
    for (std::size_t i = 0; i < captions[image].size(); ++i) {
      const auto words = static_cast<std::int64_t>(captions[image][i].words().size());
      const auto of_caption = weights[static_cast<std::int64_t>(image)][static_cast<std::int64_t>(i)];
      const float* map = of_caption.const_data_ptr<float>();
      AttentionMaps result;
      result.layers = static_cast<int>(layers);
      result.heads = static_cast<int>(heads);
      result.words = static_cast<int>(words);
      result.grid_height = static_cast<int>(memory.grid_height);
      result.grid_width = static_cast<int>(memory.grid_width);
      result.weights.reserve(static_cast<std::size_t>(layers * heads * words * cells));
      for (std::int64_t head = 0; head < layers * heads; ++head, map += length * cells) {
        result.weights.insert(result.weights.end(), map, map + words * cells);
      }
      maps[image].push_back(std::move(result));
    }
  }
  return maps;
}

}  // namespace fovea::decode
