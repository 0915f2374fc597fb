/// @file Losses of a highlighting model.
#pragma once

#include <ATen/core/Tensor.h>

namespace fovea::train {

/// Cross-entropy of pixels, mean over all, and 1 - soft Dice (Milletari et al. 2016), mean over the images that have
/// something marked; the Dice of an image without would be 0 whatever was found.
struct MaskLoss {
  at::Tensor cross_entropy;
  at::Tensor dice;
};
/// @param logits float32 [B, 1, h, w], stretched to the masks' size   @param masks uint8 [B, H, W]
MaskLoss mask_loss(const at::Tensor& logits, const at::Tensor& masks);

/// Cross-entropy of labels with smoothing, each label weighted by the inverse root of its share of the data.
/// @param logits [B, L]   @param labels int64 [B], -1 where there is none   @param weights [L]
at::Tensor label_loss(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& weights, double smoothing);

}  // namespace fovea::train
