/// @file What a highlighting network says of a data set, and what is fitted to it.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "fovea/train.hpp"
#include "nn/highlight_model.hpp"
#include "train/scan_dataset.hpp"

namespace fovea::train {

/// A network's answers to a data set.
struct ScanPredictions {
  std::vector<at::Tensor> heat;  ///< logits float32 [h, w], each on the grid of its stored mask
  at::Tensor labels;             ///< logits float32 [N, L]; undefined where the network tells none
};

ScanPredictions predict(nn::HighlightNetwork& network, const ScanDataset& data, bool bf16);

/// 1 where the image has something marked, else 0.
std::vector<int> has_finding(const ScanDataset& data);

HighlightScores score(const ScanPredictions& predictions, const ScanDataset& data, const nn::HighlightConfig& config);

/// Temperatures by maximum likelihood, the heat map's threshold by mean Dice over images with a finding, the anomaly
/// score's by sensitivity + specificity (Youden's index). What the data cannot tell stays as it is.
nn::Calibration calibrate(const ScanPredictions& predictions, const ScanDataset& data,
                          const nn::HighlightConfig& config);

}  // namespace fovea::train
