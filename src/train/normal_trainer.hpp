/// @file Making a memory of normal patches.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "fovea/train_normal.hpp"
#include "nn/encoder.hpp"
#include "nn/patch_memory.hpp"
#include "train/normal_config.hpp"
#include "train/normal_images.hpp"

namespace fovea::train {

/// One run. Patches are drawn and searched with seeds from the configuration's, so the same data give the same model.
class NormalTrainer {
 public:
  NormalTrainer(TrainNormalOptions options, NormalTrainConfig config,
                std::function<void(const TrainNormalProgress&)> on_progress, std::stop_token stop);
  TrainNormalSummary run();

 private:
  /// Tells how far a stage is. @return false when the run is to stop
  bool go_on(const char* stage, std::int64_t done, std::int64_t total);
  void check_images();
  /// The encoder's grids of images `begin` to `end`.
  nn::PyramidFeatures pyramid(std::int64_t begin, std::int64_t end) const;
  /// Features of their patches, scaled once the scales are known: [n, D, h, w].
  at::Tensor features(const nn::PyramidFeatures& pyramid) const;
  bool draw_candidates();
  void scale_candidates();
  /// Patches that stand for those of all images but the ones in `part`; -1: of all. Nothing when stopped.
  std::optional<at::Tensor> choose_patches(int part, const char* stage, std::int64_t before, std::int64_t total);
  /// Compares each part with a memory of the others and fits the scores. @return false when stopped
  bool calibrate();
  void save(const at::Tensor& patches) const;
  void fit_familiarity(nn::FamiliarityImpl& familiarity) const;
  void validate();

  TrainNormalOptions options_;
  NormalTrainConfig config_;
  std::function<void(const TrainNormalProgress&)> on_progress_;
  std::stop_token stop_;
  std::chrono::steady_clock::time_point last_report_{};
  TrainNormalSummary summary_;
  NormalImages images_;
  std::vector<int> parts_;              ///< of each image
  nn::Encoder network_;                 ///< the weights that are saved
  std::optional<nn::Encoder> encoder_;  ///< the same; MobileNetV2 packed
  at::Tensor scales_;                   ///< [levels]; undefined until they are known
  at::Tensor candidates_;               ///< [n, D]
  std::vector<std::int64_t> owners_;    ///< image of each candidate
  std::vector<at::Tensor> statistics_;  ///< of each batch of images, for familiarity
};

}  // namespace fovea::train
