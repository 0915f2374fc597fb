/// @file The record of a highlighting model's training: a CSV line per epoch and a plot of the curves.
#pragma once

#include <filesystem>

#include "fovea/train.hpp"

namespace fovea::train {

/// Appends to `folder`/log.csv and redraws `folder`/curves.png.
class HighlightLog {
 public:
  /// Goes on behind the line of epoch `epoch`; what is behind it was written after the last checkpoint. 0: starts anew.
  HighlightLog(std::filesystem::path folder, int epoch);
  void add(const TrainHighlightProgress& epoch);

 private:
  std::filesystem::path folder_;
};

}  // namespace fovea::train
