/// @file A loop over independent items on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace fovea::train {

/// Runs work(0) ... work(count - 1) on some threads; the first exception is thrown again here.
template <typename Work>
void parallel_for(std::int64_t count, int threads, const Work& work) {
  std::atomic<std::int64_t> next = 0;
  std::exception_ptr failure;
  std::mutex failure_mutex;
  std::vector<std::jthread> pool;
  for (int t = 0; t < std::max(threads, 1); ++t) {
    pool.emplace_back([&] {
      for (std::int64_t i = next++; i < count; i = next++) {
        try {
          work(i);
        } catch (...) {
          const std::lock_guard lock(failure_mutex);
          if (!failure) failure = std::current_exception();
          next = count;
        }
      }
    });
  }
  pool.clear();  // joins
  if (failure) std::rethrow_exception(failure);
}

}  // namespace fovea::train
