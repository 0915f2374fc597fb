/// @file Captions for folders of images: a batch that writes records, survives being killed and goes on where it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <istream>
#include <stop_token>
#include <string>
#include <vector>

#include "fovea/captioner.hpp"
#include "fovea/loader.hpp"
#include "fovea/model.hpp"

namespace fovea {

/// What a run works on and what it makes. Checked by validate().
struct CaptionRunOptions {
  std::vector<std::filesystem::path> inputs;  ///< files, and folders that are read with all below them
  std::vector<std::string> include;           ///< globs; only files that match one are taken (none: all)
  std::vector<std::string> exclude;           ///< globs; files and folders that match one are left out

  std::filesystem::path model = "caption-photos";  ///< a folder, or the name of a shipped model (find_model)
  OpenOptions open;
  CaptionOptions caption;                               ///< `attention` is set by the run when an output needs it
  std::uint64_t max_pixels = LoadOptions{}.max_pixels;  ///< as LoadOptions
  bool scaled_decoding = true;  ///< decode large JPEGs at 1/2, 1/4 or 1/8, but not below twice the model's input

  std::filesystem::path output;  ///< the captions file, JSONL
  bool csv = false;              ///< also OUTPUT.csv (the output's name with this extension)
  bool coco = false;             ///< also OUTPUT.coco.json (results) and OUTPUT.coco-images.json (ids and files)
  bool sidecar = false;          ///< also a text file with the caption beside each image, replacing one that is there
  std::filesystem::path attention;  ///< also one PNG per image in this folder: where the model looked for each word
  std::filesystem::path report;     ///< also a gallery in this folder, for a web browser

  bool resume = true;         ///< go on behind the records that `output` holds; false: start over
  bool retry_failed = false;  ///< try inputs again whose record is an error
  bool dry_run = false;       ///< write nothing; say what would be done (RunObserver::item)

  int batch = 16;   ///< images that go through the network together
  int threads = 0;  ///< batches that go through the network at once, each on one thread; 0: one per processor
  int loaders = 0;  ///< threads that read and decode; 0: one per processor
};

/// @throws Error: usage, naming the field and the value.
void validate(const CaptionRunOptions& options);

/// What became of one frame of one input.
enum class ItemOutcome {
  captioned,       ///< has a new record with a caption
  failed,          ///< has a new record with an error
  already_done,    ///< has a record with a caption from an earlier run
  already_failed,  ///< has a record with an error from an earlier run
  to_caption,      ///< dry run: would be captioned
  to_retry         ///< dry run: failed before and would be tried again
};

/// "captioned", "failed", "already-done", "already-failed", "to-caption", "to-retry".
std::string_view to_string(ItemOutcome outcome) noexcept;

struct ItemEvent {
  std::string input;  ///< as its record names it
  int frame = 1;      ///< counts from 1
  ItemOutcome outcome = ItemOutcome::captioned;
  std::string text;  ///< the caption or the error's message; empty when nothing is new
};

/// Where a run stands.
struct RunProgress {
  std::uint64_t inputs = 0;           ///< files in all
  std::uint64_t inputs_finished = 0;  ///< files that are behind us
  std::uint64_t done = 0;             ///< frames captioned by this run
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
  double encode = 0;      ///< pixels to tokens of the image, all network threads together
  double search = 0;      ///< tokens of the image to captions, all network threads together
  double write = 0;       ///< records and all other outputs
};

/// How a run ended.
struct RunSummary {
  std::uint64_t done = 0;            ///< frames captioned
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

  /// Every input has a caption.
  bool complete() const noexcept { return failed == 0 && skipped_failed == 0 && !interrupted && write_error.empty(); }
};

/// Captions images into a file of records, one JSON object per line, in input order (docs/captions.md). A record is
/// there as a whole or not at all as soon as its image is done, so a run that is killed loses nothing and repeats
/// nothing when it is started again. An input that cannot be captioned gets an error record and never ends the run.
/// @param stop ends the run after the present batch
/// @throws Error when nothing could start: usage (options; `output` belongs to another model, other options or another
///         program), io (`output` is not writable or another run writes to it), corrupt (`output`), model.
RunSummary run_captions(const CaptionRunOptions& options, const RunObserver& observer = {}, std::stop_token stop = {});

/// Reads a pipeline file (docs/captions.md) into options that lack only the inputs. Its outputs go into the folder
/// `output`; when that ends in ".jsonl" it is the captions file, and all other outputs go beside it.
/// @throws Error: io, usage (an unknown key or a value of the wrong kind, named).
CaptionRunOptions read_caption_pipeline(const std::filesystem::path& file, const std::filesystem::path& output);

/// Reads a list of inputs, one per line; when it holds a NUL byte, they are separated by NUL (find -print0).
std::vector<std::filesystem::path> read_input_list(std::istream& list);

/// The folder of a model: `model` itself when it is a folder, else the shipped model of this name, which is looked for
/// in PREFIX/share/fovea/models of the installed library and in the source tree that the library was built from.
/// @throws Error: io, saying where it was looked for.
std::filesystem::path find_model(const std::filesystem::path& model);

}  // namespace fovea
