/// @file What became of the items of a run, counted and told.
#pragma once

#include <string>

#include "fovea/run.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/stopwatch.hpp"

namespace fovea::pipeline {

/// Counts items in the order in which it gets them, and tells the observer. Belongs to one thread.
class RunTally {
 public:
  /// References must outlive the tally.
  RunTally(const InputList& inputs, const RunObserver& observer);

  /// @param text the result in short, of an item that has a new one
  void add(const LoadedItem& item, std::string text);

  RunSummary& summary() noexcept { return summary_; }

 private:
  void count(ItemOutcome outcome);

  const InputList& inputs_;
  const RunObserver& observer_;
  RunSummary summary_;
  Stopwatch watch_;
};

}  // namespace fovea::pipeline
