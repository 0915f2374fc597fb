/// @file Time that has passed.
#pragma once

#include <chrono>

namespace fovea::pipeline {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

/// Adds the time of a scope to a sum.
class ScopeTimer {
 public:
  explicit ScopeTimer(double& sum) : sum_(sum) {}
  ~ScopeTimer() { sum_ += watch_.seconds(); }
  ScopeTimer(const ScopeTimer&) = delete;
  ScopeTimer& operator=(const ScopeTimer&) = delete;

 private:
  double& sum_;
  Stopwatch watch_;
};

}  // namespace fovea::pipeline
