/// @file A queue that many threads fill and that gives everything back in order.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace fovea::pipeline {

/// Work is numbered by tickets. A producer claims a ticket, pushes any number of items for it and finishes it; the
/// consumer gets the items by ticket, and within a ticket as they were pushed. Items of a weight of about `capacity`
/// wait at most: producers that are ahead block, but never the one that the consumer waits for.
template <typename T>
class OrderedQueue {
 public:
  /// @param tickets how many there are at most
  OrderedQueue(std::uint64_t tickets, std::size_t capacity) : tickets_(tickets), capacity_(capacity) {}

  /// The next ticket, or nothing when all are taken or the queue is cancelled.
  std::optional<std::uint64_t> claim() {
    const std::lock_guard lock(mutex_);
    if (cancelled_ || next_ == tickets_) return std::nullopt;
    slots_[next_];
    return next_++;
  }

  /// @returns false when the queue is cancelled: the producer should stop.
  bool push(std::uint64_t ticket, T item, std::size_t weight = 1) {
    std::unique_lock lock(mutex_);
    Slot& slot = slots_.at(ticket);
    room_.wait(lock, [&] { return cancelled_ || waiting_ < capacity_ || (ticket == head_ && slot.items.empty()); });
    if (cancelled_) return false;
    slot.items.push_back({std::move(item), weight});
    waiting_ += weight;
    if (ticket == head_) available_.notify_one();
    return true;
  }

  void finish(std::uint64_t ticket) {
    const std::lock_guard lock(mutex_);
    slots_.at(ticket).finished = true;
    if (ticket == head_) available_.notify_one();
  }

  /// The next item; nothing when all tickets are finished or the queue is cancelled.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    while (!cancelled_ && head_ != tickets_) {
      const auto slot = slots_.find(head_);
      if (slot != slots_.end() && !slot->second.items.empty()) {
        T item = std::move(slot->second.items.front().first);
        waiting_ -= slot->second.items.front().second;
        slot->second.items.pop_front();
        room_.notify_all();
        return item;
      }
      if (slot != slots_.end() && slot->second.finished) {
        slots_.erase(slot);
        ++head_;
        room_.notify_all();  // another producer is the one that is waited for now
        continue;
      }
      available_.wait(lock);
    }
    return std::nullopt;
  }

  /// There will be no ticket after those that are claimed.
  void close() {
    const std::lock_guard lock(mutex_);
    tickets_ = next_;
    available_.notify_all();
  }

  /// Ends the queue early: everybody who waits goes on, and what is in it is forgotten.
  void cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    room_.notify_all();
    available_.notify_all();
  }

 private:
  struct Slot {
    std::deque<std::pair<T, std::size_t>> items;  ///< with their weights
    bool finished = false;
  };
  std::uint64_t tickets_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable available_;
  std::map<std::uint64_t, Slot> slots_;  ///< of the tickets that are claimed and not consumed; references stay valid
  std::uint64_t next_ = 0;               ///< the ticket to claim next
  std::uint64_t head_ = 0;               ///< the ticket that is consumed
  std::size_t waiting_ = 0;
  bool cancelled_ = false;
};

}  // namespace fovea::pipeline
