/// @file Ctrl-C.
#pragma once

#include <stop_token>
#include <thread>

namespace fovea::cli {

/// Turns the first SIGINT, SIGTERM or SIGHUP into a request to stop; the second ends the process at once, with
/// kInterrupted. To be made before any other thread, since threads inherit which signals they leave alone.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  void watch(const std::stop_token& end);

  std::stop_source stop_;
  std::jthread watcher_;
};

}  // namespace fovea::cli
