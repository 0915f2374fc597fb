/// @file A line on a terminal that shows how far a run is.
#pragma once

#include <chrono>
#include <ostream>
#include <string>

#include "fovea/run.hpp"

namespace fovea::cli {

/// The line for a terminal of `width` columns: a bar, files, rate and time left.
std::string progress_line(const RunProgress& progress, int width);

/// Draws the line at most ten times a second, in place, and clears it when other text has to be written.
class ProgressBar {
 public:
  explicit ProgressBar(std::ostream& terminal) : terminal_(terminal) {}

  void update(const RunProgress& progress);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::ostream& terminal_;
  Clock::time_point last_{};
  bool drawn_ = false;
};

}  // namespace fovea::cli
