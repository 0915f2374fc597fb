/// @file Training of a highlighting network.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "fovea/train.hpp"
#include "nn/highlight_model.hpp"
#include "train/highlight_config.hpp"
#include "train/optimizer.hpp"
#include "train/scan_dataset.hpp"

namespace fovea::train {

/// One run. Everything random is seeded from (seed, epoch, step), so a checkpoint needs no generator's state.
class HighlightTrainer {
 public:
  HighlightTrainer(TrainHighlightOptions options, HighlightTrainConfig config,
                   std::function<void(const TrainHighlightProgress&)> on_progress, std::stop_token stop);
  TrainHighlightSummary run();

 private:
  void load_data();
  void start_network();
  bool load_checkpoint();
  void save_checkpoint() const;
  /// One epoch; returns the mean loss, and nothing when stopped in between.
  std::optional<double> run_epoch(TrainHighlightProgress& progress);
  nn::PyramidFeatures extract(const at::Tensor& rgb);
  /// Cuts some samples together (cut_mix()); labels that hold no more become -1.
  void mix_samples(std::vector<ScanSample>& samples, std::vector<std::int64_t>& labels, std::uint64_t seed) const;
  at::Tensor step_loss(const std::vector<std::int64_t>& images, std::uint64_t seed);
  /// Figures of the averaged weights on the validation data.
  HighlightScores validate();
  /// Everything that is made on the averaged weights as they are: captions, familiarity, calibration; and the model.
  /// @return false when stopped in between
  bool finish();
  void fit_familiarity(const ScanDataset& held_out);

  TrainHighlightOptions options_;
  HighlightTrainConfig config_;
  std::function<void(const TrainHighlightProgress&)> on_progress_;
  std::stop_token stop_;
  ScanDataset train_data_;
  ScanDataset val_data_;
  std::optional<ScanDataset> calibration_data_;  ///< nothing: val_data_ calibrates
  at::Tensor label_weights_;                     ///< [labels]
  std::optional<nn::HighlightNetwork> network_;
  std::optional<nn::PackedMobileNetV2> stem_;  ///< the encoder's frozen blocks
  std::optional<Optimizer> optimizer_;
  int epoch_ = 0;  ///< epochs that are done
};

}  // namespace fovea::train
