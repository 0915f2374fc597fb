/// @file Losses of caption training.
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "metrics/cider.hpp"

namespace fovea::train {

/// Cross-entropy of each next token with label smoothing, padding left out: mean over tokens.
/// @param logits [B, C, T - 1, V] for the tokens 0 to T - 2   @param tokens int64 [B, C, T]
at::Tensor caption_cross_entropy(const at::Tensor& logits, const at::Tensor& tokens, double label_smoothing);

/// Cross-entropy of each next token against a teacher's probabilities (Hinton et al. 2015, temperature 1), padding left
/// out: mean over tokens.
/// @param logits, probabilities [B, C, T - 1, V]   @param tokens int64 [B, C, T]
at::Tensor distillation_loss(const at::Tensor& logits, const at::Tensor& probabilities, const at::Tensor& tokens);

/// (1 - sum over words of a position's attention)^2, mean over positions, layers, heads and captions
/// (Xu et al. 2015, equation 14).
/// @param attention [B, C, L, H, T - 1, S]   @param tokens int64 [B, C, T]
at::Tensor doubly_stochastic_penalty(const at::Tensor& attention, const at::Tensor& tokens);

/// Rewards of sampled captions: CIDEr-D against the references of their images, the end token counted as a word on
/// both sides, so that a caption that stops in the middle of a phrase loses; one that stops after an article,
/// preposition or conjunction earns nothing.
class CaptionReward {
 public:
  /// `references[i]`: token ids of image i's captions, without begin, with the end token.
  /// `open_endings`: ids of the words that no caption should end in.
  CaptionReward(const std::vector<std::vector<metrics::TokenIds>>& references, std::set<std::int64_t> open_endings)
      : cider_(references), open_endings_(std::move(open_endings)) {}

  /// @param samples int64 [B, C, T] from sample_many()   @return float32 [B, C]
  at::Tensor operator()(const std::vector<std::int64_t>& images, const at::Tensor& samples) const;

 private:
  bool breaks_off(const metrics::TokenIds& caption) const;

  metrics::CiderD cider_;
  std::set<std::int64_t> open_endings_;
};

/// -(reward - mean reward of the image's other samples) * log-probability of the sample, mean over tokens.
/// @param logits [B, C, T - 1, V]   @param samples int64 [B, C, T]   @param rewards float32 [B, C]
at::Tensor self_critical_loss(const at::Tensor& logits, const at::Tensor& samples, const at::Tensor& rewards);

}  // namespace fovea::train
