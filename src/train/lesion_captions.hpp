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
  int phrasings = 1;            ///< ways to say the same, of text::lesion_sentences(); 1: the wording of the references
  int repeats = 4;              ///< steps that each batch of the network's answers is used for
  double held_out_share = 0.3;  ///< of the images: from those that the network was not trained on, where there are any
  double label_noise = 1;       ///< standard deviation of what is added to the labels' logits
  double heat_noise = 0.2;      ///< the same for the map's, one number per image
  double token_dropout = 0.5;   ///< share of images of which the decoder sees only what the heads have found
};

/// All words of the sentences that can be said of images with these labels.
text::Vocabulary lesion_vocabulary(const nn::HighlightConfig& model);

/// What the decoder learns from.
struct LesionCaptionData {
  const ScanDataset& seen;      ///< by the network, when it was trained: its answers are better there than elsewhere
  const ScanDataset* held_out;  ///< from the network; null: none
  const ScanAugmentOptions& augment;
};

/// Trains the decoder of a calibrated network whose other weights stay as they are, on augmented images and sentences
/// composed from the label and the augmented mask by fixed rules (text/lesion_sentence.hpp). The network is in
/// evaluation mode before and after.
/// @param on_epoch epoch from 1, mean loss of the epoch; at the end of every epoch
/// @return whether it came to its end before `stop`
bool train_lesion_captions(nn::HighlightNetwork& network, const nn::HighlightConfig& model,
                           const LesionCaptionData& data, const LesionCaptionConfig& config, std::uint64_t seed,
                           bool bf16, const std::function<void(int epoch, double loss)>& on_epoch,
                           const std::stop_token& stop);

}  // namespace fovea::train
