/// @file A small training run on pictures of coloured squares, for tests of whole runs.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/temp_folder.hpp"
#include "fovea/train.hpp"
#include "nn/weights.hpp"

namespace fovea::tests {

/// A folder with twelve pictures of 64 px ("a red square on a white ground"), their captions, an encoder's weights and
/// a configuration of two stages that learns them by heart in seconds.
class TrainingRun {
 public:
  /// @param epochs of the two stages
  TrainingRun(int cross_entropy_epochs, int self_critical_epochs);

  /// Trains into the folder `output`; `on_epoch` is called at the end of every epoch and may stop the run.
  TrainSummary train(const std::string& output,
                     const std::function<void(const TrainProgress&, std::stop_source&)>& on_epoch = {}) const;
  /// The same, which fails: "code: message".
  std::string train_error(const std::string& output) const;

  std::filesystem::path operator/(const std::filesystem::path& name) const { return temp_ / name; }

  /// The lines of a run's log.csv without the column of images per second, which no two runs share.
  std::vector<std::string> log(const std::string& output) const;
  /// The weights in a run's checkpoint.
  nn::TensorMap weights(const std::string& output) const;
  /// The encoder's weights that runs start from, under the names of checkpoints.
  nn::TensorMap encoder_weights() const;

  nlohmann::json config;                            ///< written before every run
  std::vector<std::filesystem::path> images;        ///< in the order of the data file
  std::vector<std::vector<std::string>> sentences;  ///< their captions
  TrainCaptionOptions options;

 private:
  TempFolder temp_;
};

}  // namespace fovea::tests
