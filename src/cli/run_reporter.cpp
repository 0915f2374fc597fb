#include "cli/run_reporter.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>

#include <nlohmann/json.hpp>

#include "cli/interrupt.hpp"
#include "cli/progress_bar.hpp"
#include "fovea/error.hpp"

namespace fovea::cli {
namespace {

using Json = nlohmann::ordered_json;

bool is_planned(ItemOutcome outcome) {
  return outcome == ItemOutcome::to_caption || outcome == ItemOutcome::to_highlight || outcome == ItemOutcome::to_retry;
}

/// A line of a dry run: outcome, frame, input. Characters that would break the line are escaped as records escape
/// bytes.
void print_planned(const ItemEvent& event) {
  std::string line = std::string(to_string(event.outcome)) + "\t" + std::to_string(event.frame) + "\t";
  for (const char c : event.input) {
    if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02X", static_cast<unsigned>(c));
      line += escaped;
    } else {
      line += c;
    }
  }
  std::cout << line << '\n';
}

void print_json(const Json& line) { std::cerr << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n'; }

std::string summary_line(const RunSummary& summary, bool dry_run) {
  char rate[64];
  std::snprintf(rate, sizeof rate, ", %.1f images/s (%.1f s)", summary.images_per_second, summary.seconds);
  std::string line = (dry_run ? "to do " : "done ") + std::to_string(summary.done) + ", skipped " +
                     std::to_string(summary.skipped) + ", failed " + std::to_string(summary.failed);
  if (!dry_run) line += rate;
  if (summary.skipped_failed > 0) {
    line += "; " + std::to_string(summary.skipped_failed) +
            " of the skipped failed before (--retry-failed tries them again)";
  }
  if (summary.not_images > 0) line += "; files that are no images by name: " + std::to_string(summary.not_images);
  if (summary.repeated > 0) line += "; files named more than once: " + std::to_string(summary.repeated);
  if (summary.interrupted) line += "; interrupted, the same command goes on from here";
  return line;
}

}  // namespace

struct RunReporter::Style {
  Style() = default;
  virtual ~Style() = default;
  Style(const Style&) = delete;
  Style& operator=(const Style&) = delete;

  virtual void progress(const RunProgress& /*progress*/) {}
  virtual void item(const ItemEvent& /*event*/) {}
  virtual void notice(const std::string& /*message*/) {}
  virtual void finish(const RunSummary& /*summary*/, bool /*dry_run*/) {}
};

struct RunReporter::QuietStyle : Style {
  void finish(const RunSummary& summary, bool /*dry_run*/) override {
    if (!summary.write_error.empty()) std::cerr << "fovea: " << summary.write_error << '\n';
  }
};

struct RunReporter::TextStyle : Style {
  TextStyle() {
    if (::isatty(STDERR_FILENO) != 0) bar.emplace(std::cerr);
  }
  ~TextStyle() override {
    if (bar) bar->clear();
  }
  TextStyle(const TextStyle&) = delete;
  TextStyle& operator=(const TextStyle&) = delete;

  void progress(const RunProgress& progress) override {
    if (bar) bar->update(progress);
  }
  void item(const ItemEvent& event) override {
    if (event.outcome == ItemOutcome::failed) print("failed: " + event.text);
  }
  void notice(const std::string& message) override { print(message); }
  void finish(const RunSummary& summary, bool dry_run) override {
    if (!summary.write_error.empty()) print("stopped: " + summary.write_error);
    print(summary_line(summary, dry_run));
  }
  void print(const std::string& message) {
    if (bar) bar->clear();
    std::cerr << message << '\n';
  }

  std::optional<ProgressBar> bar;
};

struct RunReporter::JsonStyle : Style {
  void progress(const RunProgress& progress) override {
    const auto now = std::chrono::steady_clock::now();
    if (now - last < std::chrono::seconds(1)) return;
    last = now;
    print_json({{"event", "progress"},
                {"inputs", progress.inputs},
                {"inputs_finished", progress.inputs_finished},
                {"done", progress.done},
                {"failed", progress.failed},
                {"skipped", progress.skipped},
                {"seconds", progress.seconds}});
  }
  void item(const ItemEvent& event) override {
    print_json({{"event", "item"},
                {"input", event.input},
                {"frame", event.frame},
                {"outcome", to_string(event.outcome)},
                {"text", event.text}});
  }
  void notice(const std::string& message) override { print_json({{"event", "notice"}, {"message", message}}); }
  void finish(const RunSummary& summary, bool dry_run) override {
    const StageSeconds& stages = summary.stages;
    print_json({{"event", "summary"},
                {"dry_run", dry_run},
                {"done", summary.done},
                {"failed", summary.failed},
                {"skipped", summary.skipped},
                {"skipped_failed", summary.skipped_failed},
                {"not_images", summary.not_images},
                {"repeated", summary.repeated},
                {"seconds", summary.seconds},
                {"images_per_second", summary.images_per_second},
                {"interrupted", summary.interrupted},
                {"write_error", summary.write_error},
                {"stages",
                 {{"open_model", stages.open_model},
                  {"read", stages.read},
                  {"decode", stages.decode},
                  {"preprocess", stages.preprocess},
                  {"wait", stages.wait},
                  {"encode", stages.encode},
                  {"search", stages.search},
                  {"write", stages.write}}}});
  }

  std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
};

po::options_description report_options() {
  po::options_description options("Messages");
  options.add_options()("quiet,q", po::bool_switch(), "say nothing but what ends the run early");
  options.add_options()("json-log",
                        "messages on stderr as JSON, one object a line: item, progress, notice, summary, error");
  return options;
}

RunReporter::RunReporter(const po::variables_map& values) {
  const bool quiet = values["quiet"].as<bool>();
  const bool json = values.count("json-log") != 0;
  if (quiet && json) throw Error(ErrorCode::usage, "--quiet and --json-log exclude each other");
  if (quiet) {
    style_ = std::make_unique<QuietStyle>();
  } else if (json) {
    style_ = std::make_unique<JsonStyle>();
  } else {
    style_ = std::make_unique<TextStyle>();
  }
}

RunReporter::~RunReporter() = default;

RunObserver RunReporter::observer() {
  return {.progress = [this](const RunProgress& progress) { style_->progress(progress); },
          .item =
              [this](const ItemEvent& event) {
                if (is_planned(event.outcome)) print_planned(event);
                style_->item(event);
              },
          .notice = [this](const std::string& message) { style_->notice(message); }};
}

void RunReporter::finish(const RunSummary& summary, bool dry_run) { style_->finish(summary, dry_run); }

int run_and_report(const RunOptions& options, const po::variables_map& values,
                   const std::function<RunSummary(const RunObserver&, const std::stop_token&)>& run) {
  const Interrupt interrupt;
  RunReporter reporter(values);
  const RunSummary summary = run(reporter.observer(), interrupt.token());
  std::cout.flush();
  reporter.finish(summary, options.dry_run);
  if (summary.interrupted) return kInterrupted;
  return summary.complete() ? kAllDone : kSomeFailed;
}

}  // namespace fovea::cli
