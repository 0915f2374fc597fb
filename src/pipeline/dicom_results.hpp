/// @file Findings as DICOM objects: which ones a run writes, and what it does where one cannot be.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fovea/highlight_run.hpp"
#include "fovea/image.hpp"
#include "pipeline/finding_record.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/item_files.hpp"
#include "pipeline/run_origin.hpp"

namespace fovea::pipeline {

/// A slice of a series that has a finding, for objects that are made of whole series.
struct DicomSlice {
  std::filesystem::path source;
  int frame = 1;
  Finding finding;               ///< without its maps
  std::filesystem::path folder;  ///< that holds its heat_map.npy, and its mask.png when segmentations are wanted
};

/// Keys and names of files, and keys of those that cannot be made with the reason.
struct WrittenObjects {
  std::vector<std::pair<std::string, std::string>> files{};
  std::vector<std::pair<std::string, std::string>> refused{};
};

/// Writes DICOM objects. Immutable: several threads may write different ones. What cannot be made of a source is
/// refused with the reason, and ends nothing.
class DicomResults {
 public:
  /// @param key secret that new UIDs and replaced ones are made with
  DicomResults(const HighlightRunOptions& options, const RunOrigin& origin, const std::string& key);
  ~DicomResults();
  DicomResults(const DicomResults&) = delete;
  DicomResults& operator=(const DicomResults&) = delete;

  /// What goes into the folder of an item.
  /// @param slice the objects that are made of whole series go into the series' folder
  static ItemFileSet wanted(const DicomOutputs& outputs, bool slice);

  /// Writes the objects of an item and adds them to its record.
  /// @param overlay for the Secondary Capture
  /// @throws Error: io.
  void write_item(const std::filesystem::path& source, const LoadedItem& item, const Finding& finding,
                  const Image& overlay, bool slice, const std::filesystem::path& folder, FindingRecord& record) const;

  /// Writes the objects of a series.
  /// @param slices in their order, at least one
  /// @throws Error: io.
  WrittenObjects write_series(const std::vector<DicomSlice>& slices, const std::filesystem::path& folder) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::pipeline
