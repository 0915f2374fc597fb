#include <algorithm>
#include <string>

#include "fovea/caption_run.hpp"
#include "fovea/error.hpp"

namespace fovea {
namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& value, const std::string& expected) {
  throw Error(ErrorCode::usage, field + " = " + value + ": expected " + expected);
}

void check_range(const char* field, int value, int low, int high) {
  if (value < low || value > high) {
    refuse(field, std::to_string(value), std::to_string(low) + " to " + std::to_string(high));
  }
}

void check_globs(const char* field, const std::vector<std::string>& globs) {
  if (std::find(globs.begin(), globs.end(), "") != globs.end()) refuse(field, "\"\"", "a pattern such as *.jpg");
}

}  // namespace

void validate(const CaptionRunOptions& options) {
  constexpr int kMostThreads = 1024;
  constexpr int kLargestBatch = 1024;
  if (options.inputs.empty()) refuse("inputs", "none", "at least one file or folder");
  if (std::any_of(options.inputs.begin(), options.inputs.end(), [](const auto& path) { return path.empty(); })) {
    refuse("inputs", "an empty path", "files and folders");
  }
  if (options.output.empty()) refuse("output", "\"\"", "a file such as captions.jsonl");
  if (options.csv && options.output.extension() == ".csv") {
    refuse("output", options.output.native(), "another extension than that of the csv file beside it");
  }
  if (options.model.empty()) refuse("model", "\"\"", "a folder or the name of a shipped model");
  check_globs("include", options.include);
  check_globs("exclude", options.exclude);
  check_range("batch", options.batch, 1, kLargestBatch);
  check_range("threads", options.threads, 0, kMostThreads);
  check_range("loaders", options.loaders, 0, kMostThreads);
  if (options.max_pixels == 0) refuse("max_pixels", "0", "at least 1");
  if (options.retry_failed && !options.resume) {
    throw Error(ErrorCode::usage, "retry_failed and resume = false exclude each other: starting over tries everything");
  }
  validate(options.caption);
}

}  // namespace fovea
