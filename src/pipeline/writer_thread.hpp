/// @file A thread that writes what the network made, in order.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/ordered_queue.hpp"

namespace fovea::pipeline {

/// Writes items in order, in a thread of its own, so that the network does not wait for the disk.
template <typename Item>
class WriterThread {
 public:
  /// @param write writes one item
  /// @param on_failure is called by the thread when an output cannot be written any more
  WriterThread(std::function<void(Item&)> write, std::size_t capacity, std::function<void()> on_failure)
      : write_(std::move(write)), queue_(kAnyNumber, capacity), on_failure_(std::move(on_failure)) {
    thread_ = std::jthread([this] { work(); });
  }
  ~WriterThread() { queue_.cancel(); }
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  /// The place of a batch among those that are written; nothing when writing ended early.
  std::optional<std::uint64_t> claim() { return queue_.claim(); }
  void cancel() { queue_.cancel(); }
  void write(std::uint64_t place, std::vector<Item> batch) {
    for (Item& item : batch) queue_.push(place, std::move(item));
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
      while (auto item = queue_.pop()) write_(*item);
    } catch (const std::exception& e) {
      failure_ = e.what();
      queue_.cancel();
      on_failure_();
    }
  }

  std::function<void(Item&)> write_;
  OrderedQueue<Item> queue_;
  std::function<void()> on_failure_;
  std::string failure_;
  std::jthread thread_;
};

}  // namespace fovea::pipeline
