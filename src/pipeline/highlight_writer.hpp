/// @file The end of the line of a highlighting run: files, records, series.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dicom_out/deidentify.hpp"
#include "fovea/highlight_run.hpp"
#include "pipeline/finding_files.hpp"
#include "pipeline/network_batch.hpp"
#include "pipeline/output_layout.hpp"
#include "pipeline/record_file.hpp"
#include "pipeline/run_origin.hpp"
#include "pipeline/run_tally.hpp"
#include "pipeline/series_writer.hpp"

namespace fovea::pipeline {

/// A finding as it goes through a run.
struct Highlight {
  Finding finding;         ///< until its files are written
  FindingRecord record{};  ///< from then on
};
using FinishedHighlight = FinishedItem<Highlight>;

/// What the writing of a run needs; references outlive it.
struct HighlightOutput {
  RecordFile& file;
  const OutputLayout& layout;
  const FindingFiles& files;
  SeriesWriter& series;
  RunOrigin origin;
  const dicom_out::Deidentifier* deidentifier;  ///< null: records name inputs and UIDs
};

/// Writes what items have become, counts them and tells the observer.
class HighlightWriter {
 public:
  /// @param output null: a dry run, which writes nothing
  HighlightWriter(const HighlightOutput* output, const InputList& inputs, const RunObserver& observer);

  /// Writes the folder of an item that has a finding. Several threads may do so for different items. What cannot be
  /// drawn or written for another reason than the disk makes the item fail.
  /// @throws Error: io.
  void write_files(FinishedHighlight& finished) const;

  /// Writes the record and what it completes; items come in order, to one thread.
  /// @throws Error: io.
  void write_record(FinishedHighlight& finished);

  RunSummary& summary() noexcept { return tally_.summary(); }
  /// What people should know of the run as a whole.
  std::vector<std::string> notices() const;

 private:
  FindingRecord begin_record(const LoadedItem& item) const;
  void try_write_files(FinishedHighlight& finished) const;
  void write_outputs(FinishedHighlight& finished);

  const HighlightOutput* output_;
  const InputList& inputs_;
  RunTally tally_;
  std::uint64_t unfamiliar_ = 0;
  std::uint64_t burned_in_ = 0;
  std::uint64_t maybe_burned_in_ = 0;
};

}  // namespace fovea::pipeline
