/// @file The record of a training run: a CSV line per epoch and a plot of the curves.
#pragma once

#include <filesystem>
#include <string>

#include "fovea/train.hpp"

namespace fovea::train {

/// Appends to `folder`/log.csv and redraws `folder`/curves.png.
class TrainLog {
 public:
  /// Starts a file anew.
  explicit TrainLog(std::filesystem::path folder);
  /// Goes on with the file that is there after the line of epoch `epoch` of stage `stage`: what is behind it was
  /// written after the last checkpoint, or torn by a kill.
  TrainLog(std::filesystem::path folder, const std::string& stage, int epoch);
  void add(const TrainProgress& epoch);

 private:
  std::filesystem::path folder_;
};

}  // namespace fovea::train
