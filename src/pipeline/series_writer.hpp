/// @file What is written of whole series.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include "dicom_out/deidentify.hpp"
#include "fovea/highlight_run.hpp"
#include "pipeline/dicom_results.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/output_layout.hpp"
#include "pipeline/run_origin.hpp"
#include "pipeline/series_description.hpp"
#include "pipeline/series_montages.hpp"
#include "pipeline/series_plan.hpp"

namespace fovea::pipeline {

/// Writes the folders `series`: a montage, a volume, and series.json, which says what they are made of. This is done
/// when the last slice of a series is behind us, from the slices' own files, so that memory does not grow with their
/// number, and only when series.json does not say the same already.
class SeriesWriter {
 public:
  /// References must outlive the writer.
  /// @param records findings.jsonl
  /// @param dicom null: no DICOM objects are wanted
  /// @param deidentifier null: UIDs stay as they are
  SeriesWriter(const HighlightRunOptions& options, const SeriesPlan& plan, const InputList& inputs,
               OutputLayout& layout, RunOrigin origin, std::filesystem::path records, const DicomResults* dicom,
               const dicom_out::Deidentifier* deidentifier);

  /// Whether a frame is a slice whose series has outputs.
  bool is_slice(std::size_t input, int frame) const;
  /// The folder of a series, below OUT.
  const std::string& folder(std::size_t series) const { return folders_.at(series); }

  /// Puts a slice on the montage of its series. May be called by several threads.
  /// @param overlay as FindingFiles::write() gives it; empty: it is drawn here
  void add_picture(const LoadedItem& item, const Finding& finding, const Image& overlay);

  /// Takes note of an item that is behind us, with its record and files. Belongs to one thread.
  /// @param finding of an item that has a new one, without maps; else null
  /// @throws Error: io.
  void take(const LoadedItem& item, const Finding* finding);

 private:
  struct Progress {
    std::vector<SliceState> slices;
    std::size_t behind = 0;
    bool fresh = false;  ///< a slice has a new record
  };

  void note(SeriesPlan::Place place, const LoadedItem& item, const Finding* finding);
  void finish(std::size_t series, const Progress& progress);
  void write_montage(std::size_t series, const Progress& progress, const std::filesystem::path& folder);
  void write_volume(std::size_t series, const Progress& progress, const std::filesystem::path& folder) const;
  WrittenObjects write_objects(std::size_t series, const Progress& progress, const std::filesystem::path& folder) const;
  nlohmann::ordered_json description(std::size_t series, const Progress& progress) const;
  std::filesystem::path slice_folder(const PlannedSlice& slice, const SliceState& state) const;

  const HighlightRunOptions& options_;
  const SeriesPlan& plan_;
  const InputList& inputs_;
  const OutputLayout& layout_;
  RunOrigin origin_;
  std::filesystem::path records_;
  const DicomResults* dicom_;
  const dicom_out::Deidentifier* deidentifier_;
  std::vector<SeriesFile> wanted_;
  bool wants_objects_;  ///< DICOM objects of whole series
  std::vector<std::string> folders_;
  std::unordered_map<std::size_t, Progress> progress_;  ///< of series that have begun
  SeriesMontages montages_;
};

}  // namespace fovea::pipeline
