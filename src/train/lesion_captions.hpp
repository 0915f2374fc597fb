/// @file A highlighting model learns to say what it has found: its caption decoder, on the network as it is.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "nn/highlight_model.hpp"
#include "text/vocabulary.hpp"
#include "train/scan_augment.hpp"
#include "train/scan_dataset.hpp"

namespace fovea::train {

/// How the decoder is trained.
struct LesionCaptionConfig {
  int epochs = 24;
  int batch_images = 32;
  double learning_rate = 1e-3;
  double weight_decay = 0.02;
  double ema_decay = 0.99;
};

/// All words of the sentences that can be said of images with these labels.
text::Vocabulary lesion_vocabulary(const nn::HighlightConfig& model);

/// Trains the decoder of a network whose other weights stay as they are, on augmented images and sentences composed
/// from the label and the augmented mask by fixed rules (text/lesion_sentence.hpp). The network is in evaluation mode
/// before and after.
/// @param on_epoch epoch from 1, mean loss so far; at the end of every epoch
/// @return whether it came to its end before `stop`
bool train_lesion_captions(nn::HighlightNetwork& network, const nn::HighlightConfig& model, const ScanDataset& data,
                           const ScanAugmentOptions& augment, const LesionCaptionConfig& config, std::uint64_t seed,
                           bool bf16, const std::function<void(int epoch, double loss)>& on_epoch,
                           const std::stop_token& stop);

}  // namespace fovea::train
