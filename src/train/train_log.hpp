/// @file The record of a training run: a CSV line per epoch and a plot of the curves.
#pragma once

#include <filesystem>

#include "fovea/train.hpp"

namespace fovea::train {

/// Appends to `folder`/log.csv and redraws `folder`/curves.png.
class TrainLog {
 public:
  /// `resume`: keep the lines that are there; else the file starts anew.
  TrainLog(std::filesystem::path folder, bool resume);
  void add(const TrainProgress& epoch);

 private:
  std::filesystem::path folder_;
};

}  // namespace fovea::train
