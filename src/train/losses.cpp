#include "train/losses.hpp"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/log_softmax.h>

#include "text/vocabulary.hpp"

namespace fovea::train {
namespace {

using text::Vocabulary;

/// The tokens that the logits predict: [B, C, T - 1].
at::Tensor targets_of(const at::Tensor& tokens) { return tokens.slice(2, 1); }

}  // namespace

at::Tensor caption_cross_entropy(const at::Tensor& logits, const at::Tensor& tokens, double label_smoothing) {
  return at::cross_entropy_loss(logits.flatten(0, 2).to(at::kFloat), targets_of(tokens).flatten(), /*weight=*/{},
                                at::Reduction::Mean, Vocabulary::kPad, label_smoothing);
}

at::Tensor distillation_loss(const at::Tensor& logits, const at::Tensor& probabilities, const at::Tensor& tokens) {
  const auto real = targets_of(tokens).ne(Vocabulary::kPad);
  const auto log_probs = at::log_softmax(logits.to(at::kFloat), -1);
  return -((log_probs * probabilities).sum(-1) * real).sum() / real.sum();
}

at::Tensor doubly_stochastic_penalty(const at::Tensor& attention, const at::Tensor& tokens) {
  const auto real = targets_of(tokens).ne(Vocabulary::kPad).to(attention.scalar_type());  // [B, C, T - 1]
  const auto seen = (attention * real.unsqueeze(2).unsqueeze(2).unsqueeze(-1)).sum(-2);   // [B, C, L, H, S]
  return (1 - seen).square().mean();
}

bool CaptionReward::breaks_off(const metrics::TokenIds& caption) const {
  return caption.size() > 1 && caption.back() == Vocabulary::kEnd &&
         open_endings_.contains(caption[caption.size() - 2]);
}

at::Tensor CaptionReward::operator()(const std::vector<std::int64_t>& images, const at::Tensor& samples) const {
  const auto count = samples.size(1);
  const auto length = samples.size(2);
  auto rewards = at::empty({samples.size(0), count}, at::TensorOptions(at::kFloat));
  const auto contiguous = samples.contiguous();
  const auto* row = contiguous.const_data_ptr<std::int64_t>();
  auto* reward = rewards.mutable_data_ptr<float>();
  for (const auto image : images) {
    for (std::int64_t c = 0; c < count; ++c, row += length) {
      metrics::TokenIds caption;
      for (std::int64_t t = 1; t < length && row[t] != Vocabulary::kPad; ++t) caption.push_back(row[t]);
      *reward++ = breaks_off(caption) ? 0 : static_cast<float>(cider_.score(static_cast<std::size_t>(image), caption));
    }
  }
  return rewards;
}

at::Tensor self_critical_loss(const at::Tensor& logits, const at::Tensor& samples, const at::Tensor& rewards) {
  const auto targets = targets_of(samples);
  const auto real = targets.ne(Vocabulary::kPad);
  const auto log_probs = at::cross_entropy_loss(logits.flatten(0, 2).to(at::kFloat), targets.flatten(), /*weight=*/{},
                                                at::Reduction::None, Vocabulary::kPad)
                             .neg()
                             .view(targets.sizes());
  const auto others = static_cast<double>(rewards.size(1) - 1);
  const auto baseline = (rewards.sum(1, /*keepdim=*/true) - rewards) / others;
  return -((rewards - baseline).unsqueeze(-1) * log_probs * real).sum() / real.sum();
}

}  // namespace fovea::train
