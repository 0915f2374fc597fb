/// @file The files of one finding: maps, pictures and findings.json.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fovea/highlight_run.hpp"
#include "fovea/image.hpp"
#include "pipeline/finding_record.hpp"
#include "pipeline/input_loader.hpp"
#include "render/scan_overlay.hpp"

namespace fovea::pipeline {

/// How overlays of a run are drawn on a scan.
render::ScanOverlayOptions overlay_options(const HighlightRunOptions& options, const std::optional<Scan>& scan);

/// Writes the folders of items. Immutable: several threads may write different items.
class FindingFiles {
 public:
  /// @param root the folder OUT
  /// @param captions whether findings have captions
  FindingFiles(const HighlightRunOptions& options, std::filesystem::path root, bool captions);

  /// Whether the folder of an item, below OUT, holds all that is wanted.
  /// @param slice whether it is a slice of a series, whose outputs are made of its heat_map.npy
  bool has_all(const std::string& folder, bool slice) const;

  /// Writes everything of an item that has a finding, findings.json last: a folder with it is whole. Fills
  /// `record.files`.
  /// @returns the overlay with its legend; an empty image when none is wanted
  /// @throws Error: io.
  Image write(const LoadedItem& item, const Finding& finding, bool slice, FindingRecord& record) const;

  /// Writes findings.json of an item that has none, and removes what earlier runs wrote of it. Fills `record.files`.
  /// @throws Error: io.
  void write_failure(FindingRecord& record) const;

 private:
  using Names = std::vector<std::pair<std::string, std::string>>;  ///< key in `files`, and name

  /// What an item's folder holds beside findings.json.
  Names wanted(bool slice) const;
  std::filesystem::path begin(FindingRecord& record) const;
  void finish(const FindingRecord& record) const;

  const HighlightRunOptions& options_;
  HighlightOutputs outputs_;
  std::filesystem::path root_;
};

/// heat_map.npy in the folder of an item.
std::filesystem::path heat_map_file(const std::filesystem::path& folder);

}  // namespace fovea::pipeline
