/// @file The end of the line: what a run knows of an item becomes a record.
#pragma once

#include <optional>
#include <string>

#include "fovea/caption_run.hpp"
#include "fovea/model.hpp"
#include "pipeline/caption_batch.hpp"
#include "pipeline/record_file.hpp"
#include "pipeline/record_scan.hpp"
#include "pipeline/side_outputs.hpp"
#include "pipeline/stopwatch.hpp"

namespace fovea::pipeline {

/// Writes items in the order in which it gets them, counts them and tells the observer. Belongs to one thread.
class ItemWriter {
 public:
  /// References must outlive the writer.
  /// @param file where records go; null: a dry run, which writes nothing
  ItemWriter(RecordFile* file, SideOutputs* side, const ModelInfo& model, std::string options_sha256,
             const InputList& inputs, const RunObserver& observer);

  /// @throws Error: io.
  void write(const FinishedItem& finished);

  const RunSummary& summary() const noexcept { return summary_; }

 private:
  CaptionRecord make_record(const FinishedItem& finished) const;
  void write_outputs(const FinishedItem& finished);
  void count(ItemOutcome outcome);
  void tell(const FinishedItem& finished);

  RecordFile* file_;
  SideOutputs* side_;
  const ModelInfo& model_;
  const std::string options_sha256_;
  const InputList& inputs_;
  const RunObserver& observer_;
  std::optional<RecordReader> reader_;
  RunSummary summary_;
  Stopwatch watch_;
};

}  // namespace fovea::pipeline
