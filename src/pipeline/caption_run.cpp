#include "fovea/caption_run.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "fovea/error.hpp"
#include "pipeline/caption_batch.hpp"
#include "pipeline/exports.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/item_writer.hpp"
#include "pipeline/options_digest.hpp"
#include "pipeline/ordered_queue.hpp"
#include "pipeline/record_file.hpp"
#include "pipeline/record_index.hpp"
#include "pipeline/side_outputs.hpp"
#include "pipeline/stopwatch.hpp"

namespace fovea {

namespace fs = std::filesystem;

std::string_view to_string(ItemOutcome outcome) noexcept {
  switch (outcome) {
    case ItemOutcome::captioned:
      return "captioned";
    case ItemOutcome::failed:
      return "failed";
    case ItemOutcome::already_done:
      return "already-done";
    case ItemOutcome::already_failed:
      return "already-failed";
    case ItemOutcome::to_caption:
      return "to-caption";
    case ItemOutcome::to_retry:
      return "to-retry";
  }
  return "failed";
}

namespace pipeline {
namespace {

int loader_threads(const CaptionRunOptions& options) {
  if (options.loaders > 0) return options.loaders;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

int network_threads(const CaptionRunOptions& options) {
  if (options.threads > 0) return options.threads;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

/// One thread for each operation while it lives: see CaptionRun::run_network().
class SingleThreadedOperations {
 public:
  SingleThreadedOperations() { set_num_threads(1); }
  ~SingleThreadedOperations() { set_num_threads(before_); }
  SingleThreadedOperations(const SingleThreadedOperations&) = delete;
  SingleThreadedOperations& operator=(const SingleThreadedOperations&) = delete;

 private:
  int before_ = num_threads();
};

/// A typing mistake should not leave a captions file that holds nothing but an error.
void check_some_input_exists(const std::vector<fs::path>& inputs) {
  const bool some = std::any_of(inputs.begin(), inputs.end(), [](const fs::path& input) {
    std::error_code error;
    return fs::exists(fs::symlink_status(input, error));
  });
  if (!some) throw Error(ErrorCode::io, "none of the inputs is there; the first is " + inputs.front().native());
}

/// Writes records in order, in a thread of its own, so that the network does not wait for the disk.
class WriterThread {
 public:
  /// @param on_failure is called by the thread when an output cannot be written any more
  WriterThread(ItemWriter& writer, std::size_t capacity, std::function<void()> on_failure)
      : writer_(writer), queue_(kAnyNumber, capacity), on_failure_(std::move(on_failure)) {
    thread_ = std::jthread([this] { work(); });
  }
  ~WriterThread() { queue_.cancel(); }
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  /// The place of a batch among those that are written; nothing when writing ended early.
  std::optional<std::uint64_t> claim() { return queue_.claim(); }
  void cancel() { queue_.cancel(); }
  void write(std::uint64_t place, std::vector<FinishedItem> batch) {
    for (FinishedItem& item : batch) queue_.push(place, std::move(item));
    queue_.finish(place);
  }

  /// Waits until everything is written.
  /// @returns why writing ended early; empty when it did not
  std::string finish() {
    queue_.close();
    thread_.join();
    return failure_;
  }

 private:
  static constexpr auto kAnyNumber = std::numeric_limits<std::uint64_t>::max();

  void work() {
    try {
      while (const auto item = queue_.pop()) writer_.write(*item);
    } catch (const std::exception& e) {
      failure_ = e.what();
      queue_.cancel();
      on_failure_();
    }
  }

  ItemWriter& writer_;
  OrderedQueue<FinishedItem> queue_;
  std::function<void()> on_failure_;
  std::string failure_;
  std::jthread thread_;
};

/// One run from beginning to end; the members are made in the order in which a run needs them.
class CaptionRun {
 public:
  CaptionRun(const CaptionRunOptions& options, const RunObserver& observer, const std::stop_token& stop)
      : options_(options), observer_(observer), stop_(stop) {}

  RunSummary run() {
    check_some_input_exists(options_.inputs);
    prepare_outputs();
    for (const std::string& notice : inputs_.notices()) tell(notice);
    if (inputs_.size() == 0 || stop_.stop_requested()) return ended_early();
    open_model();
    if (stop_.stop_requested()) return ended_early();
    start_records();
    RunSummary summary = caption_all();
    if (!options_.dry_run) export_records(summary);
    return summary;
  }

 private:
  void tell(const std::string& notice) const {
    if (observer_.notice) observer_.notice(notice);
  }

  /// Everything that can be found wrong without the model.
  void prepare_outputs() {
    output_ = resolve_output(options_.output);
    if (!options_.dry_run) file_ = std::make_unique<RecordFile>(output_);
    const NameFilter filter{options_.include, options_.exclude};
    inputs_ = find_inputs(options_.inputs, filter, output_.parent_path(), stop_);
    if (!options_.dry_run) side_.emplace(options_, inputs_);
    if (options_.resume) records_ = RecordIndex(output_);
  }

  RunSummary ended_early() const {
    RunSummary summary;
    summary.not_images = inputs_.not_images();
    summary.repeated = inputs_.repeated();
    summary.interrupted = stop_.stop_requested();
    return summary;
  }

  void open_model() {
    const ScopeTimer timer(open_model_seconds_);
    const auto model = Model::open(find_model(options_.model), options_.open);
    CaptionOptions caption = options_.caption;
    caption.attention = side_ && side_->wants_pictures();
    captioner_.emplace(model, caption);
    if (options_.scaled_decoding) {
      // Twice the input: the last halving is left to the resize, which keeps more captions as they are.
      min_side_ = 2 * std::max(model->info().input_width, model->info().input_height);
    }
    options_sha256_ = options_digest(caption, options_.open.precision, min_side_);
    records_.check_made_by(model->info().sha256, options_sha256_);
  }

  void start_records() {
    if (!file_) return;
    if (options_.resume) {
      file_->resume_after(records_);
    } else {
      file_->clear();
      side_->start_over();
    }
  }

  LoadPlan load_plan() const {
    LoadPlan plan;
    plan.load = {.max_pixels = options_.max_pixels, .min_side = min_side_};
    plan.retry_failed = options_.retry_failed;
    if (options_.dry_run) return plan;
    plan.prepare = [this](const Image& image) { return captioner_->prepare(image); };
    plan.photos = side_->wants_pictures();
    plan.is_incomplete = [this](const std::string& name, int frame) { return side_->lacks_pictures(name, frame); };
    return plan;
  }

  RunSummary caption_all() {
    const auto batch = static_cast<std::size_t>(options_.batch);
    const Stopwatch watch;
    StageSeconds stages;
    ItemWriter item_writer(file_.get(), side_ ? &*side_ : nullptr, captioner_->model().info(), options_sha256_, inputs_,
                           observer_);
    // Enough waits for the next batch to be whole when the network is ready for it.
    InputLoader loader(inputs_, records_, load_plan(), loader_threads(options_), 2 * batch);
    std::string failure;
    {
      WriterThread writer(item_writer, 2 * batch, [&] { loader.cancel(); });
      const std::stop_callback on_stop(stop_, [&] { loader.cancel(); });
      run_network(loader, writer, stages);
      failure = writer.finish();
    }
    loader.join_and_add_to(stages);

    RunSummary summary = item_writer.summary();
    stages.write += summary.stages.write;
    stages.open_model = open_model_seconds_;
    summary.stages = stages;
    summary.write_error = failure;
    summary.interrupted = stop_.stop_requested();
    summary.seconds = watch.seconds();
    if (summary.seconds > 0) {
      summary.images_per_second = static_cast<double>(summary.done + summary.failed) / summary.seconds;
    }
    return summary;
  }

  /// Several batches at once, each on one thread: operations of this size gain little from sharing one among threads,
  /// and lose much where a thread has to wait for its processor.
  void run_network(InputLoader& loader, WriterThread& writer, StageSeconds& stages) const {
    std::mutex mutex;
    std::exception_ptr failure;
    const auto work = [&] {
      StageSeconds own;
      CaptionSeconds network;
      try {
        for (;;) {
          std::vector<LoadedItem> items;
          std::optional<std::uint64_t> place;
          {
            const std::lock_guard lock(mutex);
            items = next_batch(loader, own);
            place = writer.claim();
          }
          if (items.empty() || !place) {
            if (place) writer.write(*place, {});
            break;
          }
          auto finished = caption_batch(*captioner_, std::move(items), network);
          write_beside_records(finished, own);
          writer.write(*place, std::move(finished));
        }
      } catch (...) {
        loader.cancel();
        writer.cancel();
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex);
      stages.wait += own.wait;
      stages.write += own.write;
      stages.encode += network.encode;
      stages.search += network.search;
    };
    const int count = network_threads(options_);
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) threads.emplace_back(work);
    threads.clear();  // joins
    if (failure) std::rethrow_exception(failure);
  }

  /// What stands beside the records is there before they are. A failure ends the run when its item's turn comes, so
  /// that the records before it are kept.
  void write_beside_records(std::vector<FinishedItem>& batch, StageSeconds& stages) const {
    if (!side_) return;
    const ScopeTimer timer(stages.write);
    for (FinishedItem& finished : batch) {
      if (!finished.caption) continue;
      try {
        side_->write_caption(finished.item, *finished.caption);
      } catch (const std::exception&) {
        finished.output_failure = std::current_exception();
      }
    }
  }

  /// Items for the network, with those in between that need none. Empty at the end.
  std::vector<LoadedItem> next_batch(InputLoader& loader, StageSeconds& stages) const {
    const ScopeTimer timer(stages.wait);
    const auto batch = static_cast<std::size_t>(options_.batch);
    std::vector<LoadedItem> items;
    std::size_t ready = 0;
    // Long stretches that are done already are passed on at once: they cost nothing and should not pile up.
    while (ready < batch && (ready > 0 || items.size() < batch) && items.size() < 4 * batch) {
      auto item = loader.next();
      if (!item) break;
      if (item->outcome == ItemOutcome::captioned) ++ready;
      items.push_back(std::move(*item));
    }
    return items;
  }

  void export_records(RunSummary& summary) {
    const ScopeTimer timer(summary.stages.write);
    try {
      if (options_.csv) export_csv(output_, export_path(output_, "csv"));
      if (options_.coco) {
        export_coco(output_, export_path(output_, "coco.json"), export_path(output_, "coco-images.json"));
      }
      side_->finish();
    } catch (const std::exception& e) {
      if (summary.write_error.empty()) summary.write_error = e.what();
    }
  }

  const SingleThreadedOperations single_threaded_;
  const CaptionRunOptions& options_;
  const RunObserver& observer_;
  const std::stop_token& stop_;
  fs::path output_;
  std::unique_ptr<RecordFile> file_;  ///< null in a dry run
  InputList inputs_;
  std::optional<SideOutputs> side_;  ///< empty in a dry run
  RecordIndex records_;              ///< of earlier runs
  std::optional<Captioner> captioner_;
  int min_side_ = 0;
  std::string options_sha256_;
  double open_model_seconds_ = 0;
};

}  // namespace
}  // namespace pipeline

RunSummary run_captions(const CaptionRunOptions& options, const RunObserver& observer, std::stop_token stop) {
  validate(options);
  return pipeline::CaptionRun(options, observer, stop).run();
}

}  // namespace fovea
