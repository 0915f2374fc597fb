/// @file The configuration of a highlighting model's training (docs/training.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "nn/highlight_model.hpp"
#include "train/lesion_captions.hpp"
#include "train/scan_augment.hpp"

namespace fovea::train {

struct HighlightTrainConfig {
  std::uint64_t seed = 1;
  bool bf16 = true;  ///< networks compute in bfloat16 (weights and sums stay float32)
  int epochs = 60;
  int batch_images = 16;
  /// MobileNetV2's first blocks, up to the grid at stride 4, stay as they are: they know edges already, and their
  /// gradients would take longest.
  bool freeze_stem = true;
  double learning_rate = 1e-3;
  double encoder_learning_rate = 2e-4;  ///< 0: another encoder than MobileNetV2 stays as it is
  double final_rate = 0.02;             ///< the cosine ends at this share of the learning rate
  int warmup_steps = 50;
  double weight_decay = 0.02;  ///< on matrices only
  double clip_norm = 2.0;      ///< of the whole gradient
  double ema_decay = 0.99;     ///< of the averaged weights, which are the ones evaluated and saved
  double dice_weight = 1;      ///< of 1 - Dice, beside the pixels' cross-entropy
  double label_weight = 0.3;   ///< of the labels' cross-entropy
  double label_smoothing = 0.05;
  double clean_share = 0.5;  ///< how often an image is shown without its annotations (calipers, letters)
  /// Share of the training data that is kept from training and fits temperatures and thresholds, so that no figure of
  /// the validation data is fitted on it; 0: the validation data fit them.
  double calibration_share = 0;
  ScanAugmentOptions augment;
  LesionCaptionConfig captions;  ///< used when the model has a caption decoder
  nn::HighlightConfig model;     ///< the captions' vocabulary_size is filled in
};

/// @param encoder that the run starts from; nothing: MobileNetV2
/// @throws Error: usage, naming the key.
HighlightTrainConfig parse_highlight_train_config(const std::string& document, const std::string& source,
                                                  const std::optional<nn::EncoderConfig>& encoder = {});

}  // namespace fovea::train
