/// @file series.json: what the files of a series are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "fovea/highlight_run.hpp"
#include "fovea/highlighter.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/run_origin.hpp"
#include "pipeline/series_plan.hpp"

namespace fovea::pipeline {

/// What became of a slice.
struct SliceState {
  bool behind = false;
  bool ok = false;
  int frame_count = 1;  ///< of its file
  std::string input_sha256;
  std::optional<std::uint64_t> offset;  ///< of its record from an earlier run
  std::optional<Finding> finding;       ///< of this run, when DICOM objects are made of it
};

/// A file in the folder of a series.
struct SeriesFile {
  std::string key;  ///< in `files` and `refused` of series.json
  std::string name;
};

inline constexpr const char* kSeriesDescription = "series.json";
const SeriesFile& montage_file();
const SeriesFile& volume_file();

/// Those that are wanted, and all that there may be.
std::vector<SeriesFile> series_files(const HighlightRunOptions& options);
std::vector<SeriesFile> all_series_files();

/// series.json without `files` and `refused`, and with the UIDs as they are.
nlohmann::ordered_json describe_series(const PlannedSeries& series, const std::vector<SliceState>& slices,
                                       const InputList& inputs, const RunOrigin& origin);

/// Whether the series.json of a folder says this, and the folder has all files but those that were refused.
bool is_described(const std::filesystem::path& folder, const nlohmann::ordered_json& description,
                  const std::vector<SeriesFile>& files);

}  // namespace fovea::pipeline
