/// @file Training and evaluating models.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "fovea/captioner.hpp"
#include "fovea/highlight_metrics.hpp"
#include "fovea/metrics.hpp"
#include "fovea/model.hpp"

namespace fovea {

/// What a training run works on. How it trains stands in the configuration file (docs/training.md).
struct TrainCaptionOptions {
  std::filesystem::path train_data;  ///< JSONL of {"image", "captions"}
  std::filesystem::path val_data;    ///< likewise; early stopping and figures, never trained on
  std::filesystem::path config;      ///< JSON: model, stages
  /// Where the encoder starts: MobileNetV2 under torchvision's names (safetensors), a folder of an image encoder of
  /// another library, or a model folder of ours, whose encoder is taken; unused if `init` is set.
  std::filesystem::path encoder_weights;
  std::vector<std::filesystem::path> teachers;  ///< model folders with the same words, for stages that distil
  std::filesystem::path init;    ///< a model folder or checkpoint to start from; empty: from the encoder's weights
  std::filesystem::path output;  ///< folder of log.csv, curves.png, checkpoint.safetensors and model/
  std::filesystem::path cache;   ///< folder of the feature cache; empty: output/cache
  bool resume = true;            ///< go on from output/checkpoint.safetensors when there is one
  int threads = 0;               ///< 0: as LibTorch chooses
};

/// Where a run stands; given to the callback about once a second and at the end of every epoch.
struct TrainProgress {
  std::string stage;
  int epoch = 0;   ///< from 1, within the stage
  int epochs = 0;  ///< of the stage, at most
  std::int64_t step = 0;
  std::int64_t steps = 0;  ///< of the epoch
  double loss = 0;         ///< mean since the epoch began
  double images_per_second = 0;
  double seconds_left = 0;   ///< of the stage, at most
  bool epoch_ended = false;  ///< then the scores are those of the validation data
  bool best = false;         ///< the model of this epoch is the best so far and was saved
  double reward = 0;         ///< self-critical stages: mean CIDEr-D of the samples (0 to 10)
  metrics::CaptionScores scores;
};

/// How a run ended.
struct TrainSummary {
  bool interrupted = false;
  metrics::CaptionScores best;  ///< on the validation data, of the model in output/model
};

/// Trains a captioning model and leaves it in output/model. A killed run goes on from its last checkpoint with the same
/// losses (same number of threads).
/// @throws Error: usage (configuration), io, corrupt (data), model (weights).
TrainSummary train_caption(const TrainCaptionOptions& options,
                           const std::function<void(const TrainProgress&)>& on_progress = {},
                           std::stop_token stop = {});

/// Writes a model folder whose weights are the mean of several models' (Wortsman et al. 2022, "Model soups"; uniform):
/// of runs that began with the same model, it is often better than each. Configuration and words are the first one's.
/// @throws Error: usage (fewer than 2, other words or input), model (weights of other shapes), io.
void average_caption_models(const std::vector<std::filesystem::path>& models, const std::filesystem::path& output);

/// What an evaluation is made of.
struct EvalCaptionOptions {
  std::filesystem::path model;
  std::filesystem::path data;  ///< JSONL of {"image", "captions"}
  CaptionChoices caption;      ///< how captions are searched for, where not as the model's authors do
  Precision precision = Precision::fp32;
  int batch = 16;
};

/// Figures of a model on a data set.
struct CaptionEvaluation {
  CaptionOptions options;  ///< how captions were searched for
  metrics::CaptionScores scores;
  int images = 0;
  double mean_words = 0;         ///< words per caption
  double open_endings = 0;       ///< share of captions that end in an article, preposition or conjunction
  double distinct_captions = 0;  ///< share of captions that are not the same as another one
  double unfinished = 0;         ///< share of captions that reached max_length
  int vocabulary_used = 0;       ///< different words in all captions
};

/// Captions the images of a data set and scores the captions.
CaptionEvaluation evaluate_caption(const EvalCaptionOptions& options,
                                   const std::function<void(int done, int total)>& on_progress = {},
                                   std::stop_token stop = {});

/// What the training of a highlighting model works on. How it trains stands in the configuration (docs/training.md).
struct TrainHighlightOptions {
  std::filesystem::path train_data;  ///< JSONL of {"image", "mask", "label", "group"}
  std::filesystem::path val_data;    ///< likewise; figures, never trained on unless `folds` is given
  int fold = 0;                      ///< from 1: this part of both data sets together is validated on, the others are
  int folds = 0;                     ///< trained on; groups are never split. 0: the data sets as they are
  std::filesystem::path config;      ///< JSON: model, augmentation, rates
  std::filesystem::path encoder_weights;  ///< as in TrainCaptionOptions; unused if `init` is set
  std::filesystem::path init;             ///< a model folder, of any labels, or checkpoint to start from
  std::filesystem::path output;           ///< folder of log.csv, curves.png, checkpoint.safetensors and model/
  bool resume = true;                     ///< go on from output/checkpoint.safetensors when there is one
  int threads = 0;                        ///< 0: as LibTorch chooses
};

/// Figures of a highlighting model on validation images, as training logs them.
struct HighlightScores {
  double dice = 0;           ///< mean over images with a lesion, threshold 0.5, on the grid of the stored masks
  double anomaly_auroc = 0;  ///< images with a lesion against the others; NaN where there is only one kind
  double label_auroc = 0;    ///< mean over labels, one against the others; NaN without labels
};

/// Where a run stands; given to the callback about once a second and at the end of every epoch.
struct TrainHighlightProgress {
  bool captions = false;  ///< the heads are done, the caption decoder is trained; without scores
  int epoch = 0;          ///< from 1
  int epochs = 0;
  std::int64_t step = 0;
  std::int64_t steps = 0;  ///< of the epoch
  double loss = 0;         ///< mean since the epoch began
  double images_per_second = 0;
  double seconds_left = 0;
  bool epoch_ended = false;  ///< then the scores are those of the validation data
  HighlightScores scores;
};

/// How a run ended.
struct TrainHighlightSummary {
  bool interrupted = false;
  HighlightScores scores;  ///< of the model in output/model on the validation data
};

/// Trains a highlighting model and leaves it in output/model: the averaged weights of the last epoch, calibrated on the
/// validation data or on a part that was kept from training. A killed run goes on from its last epoch with the same
/// losses (same number of threads).
/// @throws Error: usage (configuration), io, corrupt (data), model (weights).
TrainHighlightSummary train_highlight(const TrainHighlightOptions& options,
                                      const std::function<void(const TrainHighlightProgress&)>& on_progress = {},
                                      std::stop_token stop = {});

/// What an evaluation of highlighting models is made of.
struct EvalHighlightOptions {
  /// One model, or the N of a cross-validation: then the k-th judges part k of N of all data together, which is what
  /// TrainHighlightOptions::fold kept from its training.
  std::vector<std::filesystem::path> models;
  std::vector<std::filesystem::path> data;  ///< JSONL of {"image", "mask", "label", "group"}
  bool flip = false;                        ///< as HighlightOptions
  bool without_annotations = false;         ///< calipers and letters are painted over before a model sees an image
  Precision precision = Precision::fp32;
  int batch = 8;
};

/// One figure with its 95% bootstrap interval, in which near-duplicates (a group) count together.
struct HighlightFigure {
  std::string name;
  metrics::Interval interval;
  int images = 0;  ///< that take part
};

struct HighlightEvaluation {
  int images = 0;
  int lesion_images = 0;
  std::vector<HighlightFigure> figures;  ///< those that the data and the model define
};

/// Marks the images of a data set at the models' stored thresholds and compares with masks and labels. Captions are
/// compared with what the masks say by fixed rules.
/// @throws Error: usage, io, corrupt, model.
HighlightEvaluation evaluate_highlight(const EvalHighlightOptions& options,
                                       const std::function<void(int done, int total)>& on_progress = {},
                                       std::stop_token stop = {});

}  // namespace fovea
