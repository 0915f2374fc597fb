/// @file What is written of whole series.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include "fovea/highlight_run.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/output_layout.hpp"
#include "pipeline/run_origin.hpp"
#include "pipeline/series_plan.hpp"
#include "render/montage.hpp"

namespace fovea::pipeline {

/// Writes the folders `series`: a montage, a volume, and series.json, which says what they are made of. This is done
/// when the last slice of a series is behind us, from the slices' own files, so that memory does not grow with their
/// number, and only when series.json does not say the same already.
class SeriesWriter {
 public:
  /// References must outlive the writer.
  /// @param records findings.jsonl
  SeriesWriter(const HighlightRunOptions& options, const SeriesPlan& plan, const InputList& inputs,
               OutputLayout& layout, RunOrigin origin, std::filesystem::path records);

  /// Whether a frame is a slice whose series has outputs.
  bool is_slice(std::size_t input, int frame) const;
  /// The folder of a series, below OUT.
  const std::string& folder(std::size_t series) const { return folders_.at(series); }

  /// Puts a slice on the montage of its series. May be called by several threads.
  /// @param overlay as FindingFiles::write() gives it; empty: it is drawn here
  void add_picture(const LoadedItem& item, const Finding& finding, const Image& overlay);

  /// Takes note of an item that is behind us, with its record and files. Belongs to one thread.
  /// @throws Error: io.
  void take(const LoadedItem& item);

 private:
  /// What became of a slice.
  struct SliceState {
    bool behind = false;
    bool ok = false;
    int frame_count = 1;  ///< of its file
    std::string input_sha256;
    std::optional<std::uint64_t> offset;  ///< of its record from an earlier run
  };
  struct Montage {
    std::optional<render::Montage> sheet;
    std::vector<bool> added;
  };
  struct Progress {
    std::vector<SliceState> slices;
    std::size_t behind = 0;
    bool fresh = false;  ///< a slice has a new record
  };

  void note(SeriesPlan::Place place, const LoadedItem& item);
  void finish(std::size_t series, const Progress& progress);
  void write_montage(std::size_t series, const Progress& progress, const std::filesystem::path& folder);
  void write_volume(std::size_t series, const Progress& progress, const std::filesystem::path& folder) const;
  nlohmann::ordered_json description(std::size_t series, const Progress& progress) const;
  Montage& montage_of(std::size_t series);
  std::filesystem::path slice_folder(const PlannedSlice& slice, const SliceState& state) const;

  const HighlightRunOptions& options_;
  const SeriesPlan& plan_;
  const InputList& inputs_;
  const OutputLayout& layout_;
  RunOrigin origin_;
  std::filesystem::path records_;
  std::vector<std::string> folders_;
  std::unordered_map<std::size_t, Progress> progress_;  ///< of series that have begun
  std::mutex montages_mutex_;
  std::unordered_map<std::size_t, Montage> montages_;  ///< likewise
};

}  // namespace fovea::pipeline
