#include "pipeline/run_start.hpp"

#include <algorithm>
#include <system_error>
#include <thread>

#include "fovea/error.hpp"
#include "pipeline/batch_run.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

void check_range(const char* field, int value, int low, int high) {
  if (value < low || value > high) {
    refuse_option(field, std::to_string(value), std::to_string(low) + " to " + std::to_string(high));
  }
}

void check_globs(const char* field, const std::vector<std::string>& globs) {
  if (std::find(globs.begin(), globs.end(), "") != globs.end()) refuse_option(field, "\"\"", "a pattern such as *.jpg");
}

}  // namespace

int thread_count(int setting) {
  if (setting > 0) return setting;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

void check_some_input_exists(const std::vector<fs::path>& inputs) {
  const bool some = std::any_of(inputs.begin(), inputs.end(), [](const fs::path& input) {
    std::error_code error;
    return fs::exists(fs::symlink_status(input, error));
  });
  if (!some) throw Error(ErrorCode::io, "none of the inputs is there; the first is " + inputs.front().native());
}

void refuse_option(const std::string& field, const std::string& value, const std::string& expected) {
  throw Error(ErrorCode::usage, field + " = " + value + ": expected " + expected);
}

void check_run_options(const RunOptions& options) {
  constexpr int kMostThreads = 1024;
  constexpr int kLargestBatch = 1024;
  if (options.inputs.empty()) refuse_option("inputs", "none", "at least one file or folder");
  if (std::any_of(options.inputs.begin(), options.inputs.end(), [](const auto& path) { return path.empty(); })) {
    refuse_option("inputs", "an empty path", "files and folders");
  }
  check_globs("include", options.include);
  check_globs("exclude", options.exclude);
  check_range("batch", options.batch, 1, kLargestBatch);
  check_range("threads", options.threads, 0, kMostThreads);
  check_range("loaders", options.loaders, 0, kMostThreads);
  if (options.max_pixels == 0) refuse_option("max_pixels", "0", "at least 1");
  if (options.retry_failed && !options.resume) {
    throw Error(ErrorCode::usage, "retry_failed and resume = false exclude each other: starting over tries everything");
  }
}

RunSummary ended_before_items(const InputList& inputs, const std::stop_token& stop) {
  RunSummary summary;
  summary.not_images = inputs.not_images();
  summary.repeated = inputs.repeated();
  summary.interrupted = stop.stop_requested();
  return summary;
}

void close_summary(RunSummary& summary, const StageSeconds& stages, const std::string& failure,
                   const std::stop_token& stop, const Stopwatch& watch) {
  const double written = summary.stages.write;
  summary.stages = stages;
  summary.stages.write += written;
  summary.write_error = failure;
  summary.interrupted = stop.stop_requested();
  summary.seconds = watch.seconds();
  if (summary.seconds > 0) {
    summary.images_per_second = static_cast<double>(summary.done + summary.failed) / summary.seconds;
  }
}

}  // namespace fovea::pipeline
