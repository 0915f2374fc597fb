/// @file The configuration of a training run (docs/training.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fovea/captioner.hpp"
#include "nn/caption_model.hpp"
#include "train/augment.hpp"

namespace fovea::train {

enum class Objective {
  cross_entropy,  ///< teacher forcing with label smoothing
  self_critical   ///< reinforcement of sampled captions by CIDEr-D (Rennie et al. 2017), each sample's baseline the
                  ///< mean reward of the image's other samples (Luo 2020)
};

/// Where a self-critical stage takes its captions from.
enum class Candidates {
  sampled,  ///< drawn from the model's distribution
  beam      ///< the hypotheses of a beam search (Cornia et al. 2020, section 3.3)
};

/// One stage of training. Each begins with the best weights of the one before.
struct StageConfig {
  std::string name;
  Objective objective = Objective::cross_entropy;
  /// How many of MobileNetV2's last blocks are trained: 0 none, 17 all of it. 0 for other encoders, of which all is
  /// trained where encoder_learning_rate is over 0.
  int encoder_blocks = 0;
  int views = 1;  ///< unless all of it is: cached views of each photo, the first one unchanged
  int epochs = 1;
  int patience = 0;  ///< stop after this many epochs without a better validation CIDEr (0: never)
  int batch_images = 32;
  int captions_per_image = 5;                   ///< self-critical: candidates per image
  Candidates candidates = Candidates::sampled;  ///< self-critical only
  double top_p = 1;                             ///< sampled: from the likeliest words of this probability together
  double learning_rate = 4e-4;
  double encoder_learning_rate = 0;
  double final_rate = 0.05;  ///< the cosine ends at this share of the learning rate
  int warmup_steps = 0;
  double weight_decay = 0.01;  ///< on matrices only
  double clip_norm = 1.0;      ///< of the whole gradient
  double label_smoothing = 0.1;
  double distillation = 0;       ///< share of the loss that the teachers' word probabilities are the target of
  double doubly_stochastic = 0;  ///< weight of (1 - sum over words of attention)^2 (Xu et al. 2015, equation 14)
  double ema_decay = 0.999;      ///< of the averaged weights, which are the ones evaluated and saved
};

struct TrainConfig {
  std::uint64_t seed = 1;
  int min_word_count = 5;     ///< rarer words are unknown to the model
  int max_words = 18;         ///< training captions are cut here
  bool bf16 = true;           ///< networks compute in bfloat16 (weights and sums stay float32)
  CaptionOptions validation;  ///< how captions are searched for when an epoch is scored
  AugmentOptions augment;
  nn::CaptionConfig model;  ///< vocabulary_size is filled from the data
  std::vector<StageConfig> stages;
};

/// @param encoder that the run starts from; nothing: MobileNetV2
/// @throws Error: usage, naming the key.
TrainConfig parse_train_config(const std::string& document, const std::string& source,
                               const std::optional<nn::EncoderConfig>& encoder = {});

}  // namespace fovea::train
