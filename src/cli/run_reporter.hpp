/// @file What a run says on stdout and stderr.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "cli/command.hpp"
#include "fovea/run.hpp"

namespace fovea::cli {

/// --quiet and --json-log.
po::options_description report_options();

/// Shows a run to people (a bar on a terminal, messages, a summary line) or programs (--json-log). stdout gets nothing
/// but the list of a dry run.
class RunReporter {
 public:
  /// @throws Error: usage when the options exclude each other.
  explicit RunReporter(const po::variables_map& values);
  ~RunReporter();
  RunReporter(const RunReporter&) = delete;
  RunReporter& operator=(const RunReporter&) = delete;

  RunObserver observer();
  void finish(const RunSummary& summary, bool dry_run);

 private:
  struct Style;
  struct QuietStyle;
  struct TextStyle;
  struct JsonStyle;
  std::unique_ptr<Style> style_;
};

/// Calls `run` under the reporter, with Ctrl-C handled.
/// @returns an ExitCode
int run_and_report(const RunOptions& options, const po::variables_map& values,
                   const std::function<RunSummary(const RunObserver&, const std::stop_token&)>& run);

}  // namespace fovea::cli
