#include "cli/interrupt.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "cli/command.hpp"

namespace fovea::cli {
namespace {

sigset_t watched_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
  return signals;
}

}  // namespace

Interrupt::Interrupt() {
  // No handler: a thread that waits may do what a handler must not, such as taking a lock.
  const sigset_t signals = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  watcher_ = std::jthread([this](const std::stop_token& end) { watch(end); });
}

Interrupt::~Interrupt() {
  watcher_.request_stop();
  ::pthread_kill(watcher_.native_handle(), SIGHUP);  // wakes it
}

void Interrupt::watch(const std::stop_token& end) {
  const sigset_t signals = watched_signals();
  for (int signal = 0; ::sigwait(&signals, &signal) == 0 && !end.stop_requested();) {
    if (!stop_.request_stop()) ::_exit(kInterrupted);
  }
}

}  // namespace fovea::cli
