/// @file The end of the line: what a run knows of an item becomes a record.
#pragma once

#include <optional>

#include "fovea/captioner.hpp"
#include "fovea/run.hpp"
#include "pipeline/network_batch.hpp"
#include "pipeline/record_file.hpp"
#include "pipeline/record_scan.hpp"
#include "pipeline/run_origin.hpp"
#include "pipeline/run_tally.hpp"
#include "pipeline/side_outputs.hpp"

namespace fovea::pipeline {

/// Captions as they go through a run.
using FinishedCaption = FinishedItem<Caption>;

/// Writes items in the order in which it gets them, counts them and tells the observer. Belongs to one thread.
class ItemWriter {
 public:
  /// References must outlive the writer.
  /// @param file where records go; null: a dry run, which writes nothing
  ItemWriter(RecordFile* file, SideOutputs* side, RunOrigin origin, const InputList& inputs,
             const RunObserver& observer);

  /// @throws Error: io.
  void write(const FinishedCaption& finished);

  RunSummary& summary() noexcept { return tally_.summary(); }

 private:
  CaptionRecord make_record(const FinishedCaption& finished) const;
  void write_outputs(const FinishedCaption& finished);

  RecordFile* file_;
  SideOutputs* side_;
  const RunOrigin origin_;
  std::optional<RecordReader> reader_;
  RunTally tally_;
};

}  // namespace fovea::pipeline
