#include "decode/caption_attention.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/sum.h>

namespace fovea::decode {
namespace {

/// The decoder's input, int64 [B, C, P + T - 1] for a prompt of P tokens: position P - 1 + t is what predicts token t,
/// so the last token is left out.
at::Tensor teacher_tokens(const std::vector<std::vector<TokenHypothesis>>& captions, const nn::CaptionTokens& meaning) {
  std::size_t most = 1;
  std::size_t longest = 1;
  for (const auto& of_image : captions) {
    most = std::max(most, of_image.size());
    for (const auto& caption : of_image) longest = std::max(longest, caption.words().size());
  }
  const auto& prompt = meaning.prompt;
  const auto length = prompt.size() + longest - 1;
  auto tokens = at::full(
      {static_cast<std::int64_t>(captions.size()), static_cast<std::int64_t>(most), static_cast<std::int64_t>(length)},
      meaning.pad, at::kLong);
  for (std::size_t image = 0; image < captions.size(); ++image) {
    auto* out = tokens.mutable_data_ptr<std::int64_t>() + image * most * length;
    for (std::size_t i = 0; i < most; ++i, out += length) {
      auto* next = std::copy(prompt.begin(), prompt.end(), out);
      if (i >= captions[image].size() || captions[image][i].words().empty()) continue;
      const auto words = captions[image][i].words();
      std::copy(words.begin(), words.end() - 1, next);
    }
  }
  return tokens;
}

}  // namespace

std::vector<std::vector<AttentionMaps>> attention_maps(nn::CaptionDecoder& decoder, const nn::ImageMemory& memory,
                                                       const std::vector<std::vector<TokenHypothesis>>& captions,
                                                       const nn::CaptionTokens& meaning) {
  if (captions.empty()) return {};
  const at::NoGradGuard no_grad;
  auto weights = decoder.forward(memory, teacher_tokens(captions, meaning), /*want_attention=*/true).attention;
  const auto prompted = static_cast<std::int64_t>(meaning.prompt.size()) - 1;
  weights = weights.narrow(4, prompted, weights.size(4) - prompted);
  weights = weights.narrow(5, memory.prefix, weights.size(5) - memory.prefix).to(at::kFloat);
  // In bf16 each weight was rounded on its own, and a map summed to 1 only within a percent. And what looks at tokens
  // that stand for no place is no part of a map.
  constexpr double kNothing = 1e-12;
  weights = (weights / (weights.sum(-1, /*keepdim=*/true) + kNothing)).contiguous();  // [B, C, L, H, T, S]
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

AttentionMaps maps_of_words(const AttentionMaps& maps, std::span<const nn::CaptionWord> words) {
  auto result = maps;
  result.words = static_cast<int>(words.size());
  const auto cells = static_cast<std::size_t>(maps.grid_height) * static_cast<std::size_t>(maps.grid_width);
  const auto tokens = static_cast<std::size_t>(maps.words);
  result.weights.assign(static_cast<std::size_t>(maps.layers * maps.heads) * words.size() * cells, 0);
  float* out = result.weights.data();
  for (const float* head = maps.weights.data(); head != maps.weights.data() + maps.weights.size();
       head += tokens * cells) {
    for (const auto& word : words) {
      const auto share = 1 / static_cast<float>(word.end - word.begin);
      for (auto token = word.begin; token < word.end; ++token) {
        for (std::size_t cell = 0; cell < cells; ++cell) out[cell] += share * head[token * cells + cell];
      }
      out += cells;
    }
  }
  return result;
}

}  // namespace fovea::decode
