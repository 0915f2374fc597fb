/// @file The files of one finding: maps, pictures, DICOM objects and findings.json.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "fovea/highlight_run.hpp"
#include "fovea/image.hpp"
#include "pipeline/dicom_results.hpp"
#include "pipeline/finding_index.hpp"
#include "pipeline/finding_record.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/item_files.hpp"
#include "render/scan_overlay.hpp"

namespace fovea::pipeline {

/// How overlays of a run are drawn on a scan.
render::ScanOverlayOptions overlay_options(const HighlightRunOptions& options, const std::optional<Scan>& scan);

/// Writes the folders of items. Immutable: several threads may write different items.
class FindingFiles {
 public:
  /// References must outlive the object.
  /// @param root the folder OUT
  /// @param captions whether findings have captions
  /// @param dicom null: no DICOM objects are wanted
  FindingFiles(const HighlightRunOptions& options, std::filesystem::path root, bool captions,
               const DicomResults* dicom);

  /// Whether pictures are drawn that need the scan's pixels.
  bool needs_photos() const;

  /// Whether the folder of an item, below OUT, holds all that is wanted and can be made.
  /// @param slice whether it is a slice of a series, of whose files the series' outputs are made
  /// @param known what its record says; nothing: the files are another content's
  bool has_all(const std::string& folder, bool slice, const std::optional<FindingIndex::Files>& known) const;

  /// Writes everything of an item that has a finding, findings.json last: a folder with it is whole. Fills `files` and
  /// `refused` of the record.
  /// @param source the input's file
  /// @returns the overlay with its legend; an empty image when none is wanted
  /// @throws Error: io.
  Image write(const std::filesystem::path& source, const LoadedItem& item, const Finding& finding, bool slice,
              FindingRecord& record) const;

  /// Writes findings.json of an item that has none, and removes what earlier runs wrote of it.
  /// @throws Error: io.
  void write_failure(FindingRecord& record) const;

 private:
  ItemFileSet wanted(bool slice) const;
  std::filesystem::path begin(FindingRecord& record) const;
  void finish(const FindingRecord& record) const;

  const HighlightRunOptions& options_;
  std::filesystem::path root_;
  bool attention_;
  const DicomResults* dicom_;
};

}  // namespace fovea::pipeline
