/// @file The middle of every run: items from the loader through the network to the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fovea/captioner.hpp"
#include "fovea/run.hpp"
#include "pipeline/input_loader.hpp"
#include "pipeline/network_batch.hpp"
#include "pipeline/run_start.hpp"
#include "pipeline/stopwatch.hpp"
#include "pipeline/writer_thread.hpp"

namespace fovea::pipeline {

/// One thread for each operation of the network while it lives: see BatchRun.
class SingleThreadedOperations {
 public:
  SingleThreadedOperations() { set_num_threads(1); }
  ~SingleThreadedOperations() { set_num_threads(before_); }
  SingleThreadedOperations(const SingleThreadedOperations&) = delete;
  SingleThreadedOperations& operator=(const SingleThreadedOperations&) = delete;

 private:
  int before_ = num_threads();
};

/// What a kind of run does with items.
template <typename Result>
struct BatchSteps {
  /// Makes results; called by several threads. Adds its time to `stages`.
  std::function<std::vector<Result>(std::span<const PreparedImage>, StageSeconds& stages)> network;
  /// Writes what stands beside the record of an item that has a result; called by several threads. May be empty.
  std::function<void(FinishedItem<Result>&)> write_beside;
  /// Writes the record; called for all items by one thread, in order.
  std::function<void(FinishedItem<Result>&)> write_record;
  /// Images join a batch until it has this many pixels.
  std::int64_t batch_pixels = std::numeric_limits<std::int64_t>::max();
};

/// Takes all items of a loader through the steps. Several batches at once, each on one thread: operations of this size
/// gain little from sharing one among threads, and lose much where a thread has to wait for its processor.
template <typename Result>
class BatchRun {
 public:
  /// References must outlive the object.
  BatchRun(InputLoader& loader, const BatchSteps<Result>& steps, const RunOptions& options)
      : loader_(loader), steps_(steps), options_(options) {}

  /// @param stages gets the seconds of the network, of waiting for it, and of `write_beside`
  /// @returns why an output could not be written any more, which ended the run; empty: nothing did
  /// @throws what the network threads threw
  std::string run(const std::stop_token& stop, StageSeconds& stages) {
    WriterThread<FinishedItem<Result>> writer(steps_.write_record, 2 * static_cast<std::size_t>(options_.batch),
                                              [&] { loader_.cancel(); });
    const std::stop_callback on_stop(stop, [&] { loader_.cancel(); });
    {
      std::vector<std::jthread> threads;
      const int count = thread_count(options_.threads);
      threads.reserve(static_cast<std::size_t>(count));
      for (int i = 0; i < count; ++i) threads.emplace_back([&] { work(writer, stages); });
    }
    if (failure_) std::rethrow_exception(failure_);
    return writer.finish();
  }

 private:
  void work(WriterThread<FinishedItem<Result>>& writer, StageSeconds& stages) {
    StageSeconds own;
    try {
      for (;;) {
        std::vector<LoadedItem> items;
        std::optional<std::uint64_t> place;
        {
          const std::lock_guard lock(mutex_);
          items = next_batch(own);
          place = writer.claim();
        }
        if (items.empty() || !place) {
          if (place) writer.write(*place, {});
          break;
        }
        auto finished = process_batch<Result>(
            std::move(items), [&](std::span<const PreparedImage> images) { return steps_.network(images, own); });
        write_beside(finished, own);
        writer.write(*place, std::move(finished));
      }
    } catch (...) {
      loader_.cancel();
      writer.cancel();
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    stages.wait += own.wait;
    stages.write += own.write;
    stages.encode += own.encode;
    stages.search += own.search;
  }

  /// What stands beside the records is there before they are. A failure ends the run when its item's turn comes, so
  /// that the records before it are kept.
  void write_beside(std::vector<FinishedItem<Result>>& batch, StageSeconds& stages) const {
    if (!steps_.write_beside) return;
    const ScopeTimer timer(stages.write);
    for (FinishedItem<Result>& finished : batch) {
      if (!finished.result) continue;
      try {
        steps_.write_beside(finished);
      } catch (const std::exception&) {
        finished.output_failure = std::current_exception();
      }
    }
  }

  /// Items for the network, with those in between that need none. Empty at the end.
  std::vector<LoadedItem> next_batch(StageSeconds& stages) {
    const ScopeTimer timer(stages.wait);
    const auto batch = static_cast<std::size_t>(options_.batch);
    std::vector<LoadedItem> items;
    std::size_t ready = 0;
    std::int64_t pixels = 0;
    // Long stretches that are done already are passed on at once: they cost nothing and should not pile up.
    while (ready < batch && pixels < steps_.batch_pixels && (ready > 0 || items.size() < batch) &&
           items.size() < 4 * batch) {
      auto item = loader_.next();
      if (!item) break;
      if (item->is_ready()) {
        ++ready;
        pixels += std::int64_t{item->image.geometry.width} * item->image.geometry.height;
      }
      items.push_back(std::move(*item));
    }
    return items;
  }

  InputLoader& loader_;
  const BatchSteps<Result>& steps_;
  const RunOptions& options_;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace fovea::pipeline
