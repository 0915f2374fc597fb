/// @file Training of a captioning network, stage by stage.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "fovea/train.hpp"
#include "nn/caption_model.hpp"
#include "text/vocabulary.hpp"
#include "train/caption_dataset.hpp"
#include "train/feature_cache.hpp"
#include "train/losses.hpp"
#include "train/optimizer.hpp"
#include "train/teachers.hpp"
#include "train/train_config.hpp"
#include "train/train_log.hpp"

namespace fovea::train {

/// Scores of the present weights on validation images, from their grids.
/// @param grids gives the grids of images [begin, end)
metrics::CaptionScores score_network(
    nn::CaptionNetwork& network, const CaptionDataset& data, const text::Vocabulary& vocabulary,
    const CaptionOptions& options, const std::function<nn::GridFeatures(std::int64_t begin, std::int64_t end)>& grids);

/// One run. Everything random is seeded from (seed, stage, epoch, step), so a checkpoint needs no generator's state.
class CaptionTrainer {
 public:
  CaptionTrainer(TrainCaptionOptions options, TrainConfig config, std::function<void(const TrainProgress&)> on_progress,
                 std::stop_token stop);
  TrainSummary run();

 private:
  /// What a checkpoint remembers beside tensors.
  struct Position {
    std::size_t stage = 0;
    int epoch = 0;  // epochs of the stage that are done
    int epochs_without_best = 0;
    double best_cider = -1;
    double stage_best = -1;  // patience counts within a stage
    metrics::CaptionScores best_scores;
  };

  bool load_checkpoint();
  void save_checkpoint() const;
  void run_stage();
  /// One epoch; returns the mean loss, and nothing when stopped in between.
  std::optional<double> run_epoch(const StageConfig& stage, TrainProgress& progress);
  void open_teachers();
  at::Tensor step_loss(const StageConfig& stage, const std::vector<std::int64_t>& images, std::uint64_t seed,
                       double& reward);
  nn::GridFeatures grids_of_view(const StageConfig& stage, const FeatureView& view,
                                 const std::vector<std::int64_t>& images);
  /// One augmented view of some images.
  struct View {
    nn::GridFeatures grids;
    at::Tensor pixels;  // uint8 [B, size, size, 3]; undefined where nothing needs them
  };
  View draw_view(const StageConfig& stage, const std::vector<std::int64_t>& images, std::uint64_t seed);
  metrics::CaptionScores validate();
  void end_epoch(TrainProgress& progress, double loss);

  TrainCaptionOptions options_;
  TrainConfig config_;
  std::function<void(const TrainProgress&)> on_progress_;
  std::stop_token stop_;
  CaptionDataset train_data_;
  CaptionDataset val_data_;
  std::optional<text::Vocabulary> vocabulary_;
  std::vector<std::vector<EncodedCaption>> captions_;
  std::optional<CaptionReward> reward_;
  std::optional<nn::CaptionNetwork> network_;
  std::optional<Optimizer> optimizer_;
  std::optional<Teachers> teachers_;
  std::vector<FeatureView> train_views_;
  std::vector<FeatureView> val_views_;
  std::optional<TrainLog> log_;
  Position position_;
};

}  // namespace fovea::train
