/// @file Threads that read and decode ahead of the network.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fovea/captioner.hpp"
#include "fovea/image.hpp"
#include "fovea/loader.hpp"
#include "fovea/run.hpp"
#include "fovea/scan.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/ordered_queue.hpp"
#include "pipeline/record_index.hpp"
#include "pipeline/run_record.hpp"

namespace fovea::pipeline {

/// One frame of an input on its way through a run.
struct LoadedItem {
  std::uint64_t input = 0;  ///< its number in the InputList
  std::string name;         ///< of the input, as records carry it
  int frame = 1;
  int frame_count = 1;
  std::string input_sha256;  ///< empty when the file could not be read
  /// captioned, highlighted: to be so now; failed: `error` says why; already_*: to be left alone; to_*: in a dry run.
  ItemOutcome outcome = ItemOutcome::captioned;
  std::optional<RecordIndex::Entry> existing;  ///< its record from an earlier run
  PreparedImage image;                         ///< of an item that goes through the network
  Image photo;                                 ///< likewise, when the plan wants photos
  std::optional<Scan> scan;                    ///< DICOM: what the file says of the frame, when the plan wants it
  std::optional<RecordError> error;

  /// Whether it goes through the network.
  bool is_ready() const noexcept { return outcome == ItemOutcome::captioned || outcome == ItemOutcome::highlighted; }
};

/// Which pixels of an image items keep beside the network's input, for pictures.
enum class PhotoSize { none, reduced, whole };

/// What loaders do with the inputs.
struct LoadPlan {
  LoadOptions load;
  /// Makes the network's input. Empty: a dry run; nothing is decoded, and items say only what would be done.
  std::function<PreparedImage(const Image&)> prepare;
  ItemOutcome result = ItemOutcome::captioned;    ///< of items that are ready for the network
  ItemOutcome planned = ItemOutcome::to_caption;  ///< of the same in a dry run
  PhotoSize photos = PhotoSize::none;
  bool scans = false;  ///< items keep what DICOM files say of them
  bool retry_failed = false;
  /// Whether an item with a result needs another pass, since an output beside the record lacks it.
  std::function<bool(const LoadedItem& item)> is_incomplete;
};

/// Reads inputs with several threads and gives their frames in input order. How much waits is bounded.
class InputLoader {
 public:
  /// All references must outlive the loader.
  /// @param capacity frames that wait at most (about); a large photo counts for several
  InputLoader(const InputList& inputs, const RecordIndex& records, LoadPlan plan, int threads, std::size_t capacity);
  ~InputLoader();
  InputLoader(const InputLoader&) = delete;
  InputLoader& operator=(const InputLoader&) = delete;

  /// The next frame, or nothing at the end.
  std::optional<LoadedItem> next() { return queue_.pop(); }
  /// Ends early: next() gives nothing more. May be called by any thread.
  void cancel() { queue_.cancel(); }
  /// Adds up the time of all threads; to be called after the end or cancel().
  void join_and_add_to(StageSeconds& stages);

 private:
  void work();
  void load_input(std::uint64_t input, StageSeconds& stages);
  void load_frame(FrameReader& reader, LoadedItem& item, StageSeconds& stages);

  const InputList& inputs_;
  const RecordIndex& records_;
  const LoadPlan plan_;
  OrderedQueue<LoadedItem> queue_;
  std::mutex stages_mutex_;
  StageSeconds stages_;
  std::vector<std::jthread> threads_;
};

}  // namespace fovea::pipeline
