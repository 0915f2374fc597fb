/// @file What a run writes beside its records: captions as text files, attention sheets, a report.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "fovea/caption_run.hpp"
#include "fovea/captioner.hpp"
#include "fovea/image.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/input_loader.hpp"
#include "render/report.hpp"

namespace fovea::pipeline {

/// Text files beside the images: photo.jpg gets photo.txt, its second page photo.2.txt. Images that differ in nothing
/// but their extension get photo.jpg.txt and photo.png.txt.
class Sidecars {
 public:
  explicit Sidecars(const InputList& inputs);
  /// @throws Error: io when a folder of the images is not writable.
  void check_writable() const;
  std::filesystem::path path(std::uint64_t input, int frame) const;
  /// @throws Error: io.
  void write(std::uint64_t input, int frame, const std::string& caption) const;

 private:
  const InputList& inputs_;
  std::unordered_set<std::string> shared_;  ///< paths without extension that more than one image has
};

/// Writes all outputs of one item before its record is, so that an item with a record has everything.
class SideOutputs {
 public:
  /// Makes the folders. References must outlive the object.
  /// @throws Error: io when an output cannot be written.
  SideOutputs(const CaptionRunOptions& options, const InputList& inputs);

  /// Whether pictures are made: these need the photo, and captions with attention.
  bool wants_pictures() const noexcept { return !attention_.empty() || report_.has_value(); }
  /// Whether pictures of an item that was captioned by an earlier run are not there.
  bool lacks_pictures(const std::string& name, int frame) const;
  /// Forgets what earlier runs put into the report.
  void start_over();

  /// Draws and writes everything of a captioned item. Several threads may do so for different items.
  /// @throws Error: io.
  void write_caption(const LoadedItem& item, const Caption& caption) const;
  void write_failure(const LoadedItem& item) const;
  /// Makes up for what an item's record from an earlier run, made without these outputs, is enough for.
  /// @param record reads it, when it is needed
  void complete_earlier(const LoadedItem& item, const std::function<CaptionRecord()>& record) const;
  /// Ends the report.
  void finish();

 private:
  std::filesystem::path sheet_path(const std::string& name, int frame) const;
  render::ReportItem report_item(const LoadedItem& item) const;

  const InputList& inputs_;
  std::optional<Sidecars> sidecars_;
  std::filesystem::path attention_;
  std::optional<render::ReportWriter> report_;
};

}  // namespace fovea::pipeline
