#include "train/highlight_losses.hpp"

#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/zeros.h>

namespace fovea::train {

MaskLoss mask_loss(const at::Tensor& logits, const at::Tensor& masks) {
  const auto stretched =
      at::upsample_bilinear2d(logits, {masks.size(1), masks.size(2)}, /*align_corners=*/false).flatten(1);
  const auto truth = masks.flatten(1).to(at::kFloat);
  MaskLoss loss;
  loss.cross_entropy = at::binary_cross_entropy_with_logits(stretched, truth);
  const auto found = at::sigmoid(stretched);
  const auto marked = truth.sum(1);
  constexpr double kSmooth = 1;  // pixels
  const auto dice = (2 * (found * truth).sum(1) + kSmooth) / (found.sum(1) + marked + kSmooth);
  const auto has_lesion = (marked > 0).to(at::kFloat);
  loss.dice = ((1 - dice) * has_lesion).sum() / has_lesion.sum().clamp_min(1);
  return loss;
}

at::Tensor label_loss(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& weights, double smoothing) {
  if (!(labels >= 0).any().item<bool>()) return at::zeros({});
  return at::cross_entropy_loss(logits, labels, weights, /*reduction=*/1, /*ignore_index=*/-1, smoothing);
}

}  // namespace fovea::train
