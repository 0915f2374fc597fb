/// @file A gallery of captioned images for a web browser, readable from disk without a network.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fovea/captioner.hpp"
#include "fovea/error.hpp"
#include "fovea/image.hpp"

namespace fovea::render {

/// How a report is made.
struct ReportOptions {
  std::string title = "Captions";
  std::string subtitle{};            ///< a line under the title: the model, the options
  std::string colormap = "viridis";  ///< a name of colormap_names()
  int page_size = 100;               ///< images on a page
  int thumbnail_side = 480;          ///< px of a thumbnail's longer side at most
};

/// One input of a run, captioned or failed.
struct ReportItem {
  std::uint64_t position = 0;      ///< place in the run: the report is in this order, then by name
  std::string name{};              ///< as the record names it; with `frame` the identity of the item
  int frame = 1;                   ///< counts from 1
  int frame_count = 1;             ///< more than 1: the page shows the frame's number
  std::filesystem::path source{};  ///< the photo is linked to this file; empty: no link
  std::string error_code{};        ///< for add_failure(): as the record has it, such as "corrupt"
  std::string error_message{};     ///< for add_failure()
};

/// Writes a report: `index.html` and further pages, `items/` (one small JSON file per image) and `thumbnails/`.
///
/// add() writes an item at once and keeps nothing in memory; finish() makes the pages out of all items in the folder,
/// those of earlier runs too. So a run may be killed and started again, as long as it adds an item before it records
/// the image as done; an item that is added twice is replaced. Both write files whole or not at all.
///
/// add() may be called by several threads at once; finish() only after the last add().
class ReportWriter {
 public:
  /// Makes the folders.
  /// @throws Error: io, usage (unknown colour map, page size below 1).
  explicit ReportWriter(std::filesystem::path folder, ReportOptions options = {});

  /// Forgets the items of earlier runs. Files that are not a report's are left alone.
  void clear();

  /// Adds a captioned image. Several threads may add different images.
  /// @param captions best first; words can be pointed at where the best one has attention
  /// @throws Error: io, internal (malformed attention).
  void add(const ReportItem& item, const Image& photo, const Caption& captions) const;

  /// Whether the folder has this item, from this run or an earlier one.
  bool contains(const std::string& name, int frame) const;

  /// Adds an input that failed.
  void add_failure(const ReportItem& item) const;

  /// Writes the pages and removes those that are no longer needed.
  /// @throws Error: io.
  void finish();

 private:
  std::filesystem::path folder_;
  ReportOptions options_;
};

}  // namespace fovea::render
