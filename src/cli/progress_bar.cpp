#include "cli/progress_bar.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace fovea::cli {
namespace {

constexpr int kDefaultWidth = 80;
constexpr int kNarrowestBar = 10;
constexpr int kWidestBar = 40;

int terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kDefaultWidth;
}

std::string duration_text(double seconds) {
  const auto total = static_cast<std::int64_t>(std::lround(seconds));
  if (total < 60) return std::to_string(total) + " s";
  if (total < 3600) return std::to_string(total / 60) + " min " + std::to_string(total % 60) + " s";
  return std::to_string(total / 3600) + " h " + std::to_string(total / 60 % 60) + " min";
}

}  // namespace

std::string progress_line(const RunProgress& progress, int width) {
  const auto captioned = static_cast<double>(progress.done + progress.failed);
  const double share =
      progress.inputs == 0 ? 1 : static_cast<double>(progress.inputs_finished) / static_cast<double>(progress.inputs);
  std::string text = " " + std::to_string(progress.inputs_finished) + "/" + std::to_string(progress.inputs);
  if (progress.failed > 0) text += ", " + std::to_string(progress.failed) + " failed";
  if (captioned > 0 && progress.seconds > 0) {
    const double rate = captioned / progress.seconds;
    char rate_text[32];
    std::snprintf(rate_text, sizeof rate_text, "%.1f", rate);
    // A file counts as one image: only TIFFs with pages have more, and how many is not known before they are read.
    text += std::string(", ") + rate_text + " images/s, " +
            duration_text(static_cast<double>(progress.inputs - progress.inputs_finished) / rate) + " left";
  }
  const int bar = std::min(width - static_cast<int>(text.size()) - 3, kWidestBar);
  if (bar < kNarrowestBar) return text.substr(1, static_cast<std::size_t>(std::max(width - 1, 0)));
  const auto full = static_cast<std::size_t>(std::lround(share * bar));
  return "[" + std::string(full, '=') + std::string(static_cast<std::size_t>(bar) - full, ' ') + "]" + text;
}

void ProgressBar::update(const RunProgress& progress) {
  const auto now = Clock::now();
  if (drawn_ && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  terminal_ << "\r\x1b[K" << progress_line(progress, terminal_width()) << std::flush;
  drawn_ = true;
}

void ProgressBar::clear() {
  if (drawn_) terminal_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace fovea::cli
