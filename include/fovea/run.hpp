/// @file What runs over folders of images have in common: inputs, what they tell while they go on, how they end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/loader.hpp"
#include "fovea/model.hpp"

namespace fovea {

/// What a run works on, and how.
struct RunOptions {
  std::vector<std::filesystem::path> inputs;  ///< files, and folders that are read with all below them
  std::vector<std::string> include;           ///< globs; only files that match one are taken (none: all)
  std::vector<std::string> exclude;           ///< globs; files and folders that match one are left out

  OpenOptions open;
  std::uint64_t max_pixels = LoadOptions{}.max_pixels;  ///< as LoadOptions

  bool resume = true;         ///< go on behind the records that the output holds; false: start over
  bool retry_failed = false;  ///< try inputs again whose record is an error
  bool dry_run = false;       ///< write nothing; say what would be done (RunObserver::item)

  int batch = 16;   ///< images that go through the network together
  int threads = 0;  ///< batches that go through the network at once, each on one thread; 0: one per processor
  int loaders = 0;  ///< threads that read and decode; 0: one per processor
};

/// What became of one frame of one input.
enum class ItemOutcome {
  captioned,       ///< has a new record with a caption
  highlighted,     ///< has a new record with a finding
  failed,          ///< has a new record with an error
  already_done,    ///< has a record with a result from an earlier run
  already_failed,  ///< has a record with an error from an earlier run
  to_caption,      ///< dry run: would be captioned
  to_highlight,    ///< dry run: would be highlighted
  to_retry         ///< dry run: failed before and would be tried again
};

/// "captioned", "highlighted", "failed", "already-done", "already-failed", "to-caption", "to-highlight", "to-retry".
std::string_view to_string(ItemOutcome outcome) noexcept;

struct ItemEvent {
  std::string input;  ///< as its record names it
  int frame = 1;      ///< counts from 1
  ItemOutcome outcome = ItemOutcome::captioned;
  std::string text;  ///< the caption, the finding in short or the error's message; empty when nothing is new
};

/// Where a run stands.
struct RunProgress {
  std::uint64_t inputs = 0;           ///< files in all
  std::uint64_t inputs_finished = 0;  ///< files that are behind us
  std::uint64_t done = 0;             ///< frames captioned or highlighted by this run
  std::uint64_t failed = 0;           ///< frames that failed in this run
  std::uint64_t skipped = 0;          ///< frames that had a record already
  double seconds = 0;                 ///< since the model was open
};

/// Hears of a run while it goes on. Each function may be empty, is called by one thread at a time (not always the
/// caller's) and must not throw.
struct RunObserver {
  std::function<void(const RunProgress&)> progress;  ///< after every item
  std::function<void(const ItemEvent&)> item;        ///< in input order
  std::function<void(const std::string&)> notice;    ///< remarks for people
};

/// Where the time went. Loaders work side by side and beside the network, so the sum may exceed the run's time.
struct StageSeconds {
  double open_model = 0;
  double read = 0;        ///< files read and hashed, all loaders together
  double decode = 0;      ///< all loaders together
  double preprocess = 0;  ///< resized to the model's input, all loaders together
  double wait = 0;        ///< the network had no image to work on
  double encode = 0;      ///< captions: pixels to tokens of the image; highlights: the network; all its threads
  double search = 0;      ///< tokens of the image to captions, all network threads together
  double write = 0;       ///< records and all other outputs
};

/// How a run ended.
struct RunSummary {
  std::uint64_t done = 0;            ///< frames captioned or highlighted
  std::uint64_t failed = 0;          ///< frames that failed; each has an error record
  std::uint64_t skipped = 0;         ///< frames that had a record already
  std::uint64_t skipped_failed = 0;  ///< those of them whose record is an error
  std::uint64_t not_images = 0;      ///< files of folders that are not images by name
  std::uint64_t repeated = 0;        ///< inputs that were named more than once
  double seconds = 0;                ///< from the open model to the last record
  double images_per_second = 0;      ///< done + failed, per second
  bool interrupted = false;          ///< the stop token ended the run
  std::string write_error;           ///< not empty: an output could not be written any more, which ended the run
  StageSeconds stages;

  /// Every input has a result.
  bool complete() const noexcept { return failed == 0 && skipped_failed == 0 && !interrupted && write_error.empty(); }
};

/// What a pipeline file describes.
enum class PipelineKind {
  caption,   ///< read_caption_pipeline(), in caption_run.hpp
  highlight  ///< read_highlight_pipeline(), in highlight_run.hpp
};

/// @throws Error: io, usage (it says neither).
PipelineKind read_pipeline_kind(const std::filesystem::path& file);

/// Reads a list of inputs, one per line; when it holds a NUL byte, they are separated by NUL (find -print0).
std::vector<std::filesystem::path> read_input_list(std::istream& list);

/// The folder of a model: `model` itself when it is a folder, else the shipped model of this name, which is looked for
/// in PREFIX/share/fovea/models of the installed library and in the source tree that the library was built from.
/// @throws Error: io, saying where it was looked for.
std::filesystem::path find_model(const std::filesystem::path& model);

}  // namespace fovea
