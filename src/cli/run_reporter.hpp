/// @file What a captioning run says on stdout and stderr.
#pragma once

#include <memory>
#include <string>

#include "cli/command.hpp"
#include "fovea/caption_run.hpp"

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

/// Runs `options` under the reporter, with Ctrl-C handled.
/// @returns an ExitCode
int run_and_report(const CaptionRunOptions& options, const po::variables_map& values);

}  // namespace fovea::cli
