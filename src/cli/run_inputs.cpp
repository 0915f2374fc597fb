#include "cli/run_inputs.hpp"

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "fovea/error.hpp"

namespace fovea::cli {

namespace {
using Strings = std::vector<std::string>;
}

po::options_description input_options() {
  po::options_description inputs("Inputs");
  inputs.add_options()("include", po::value<Strings>()->value_name("GLOB"),
                       "only files whose name or path in the folder matches; may be repeated");
  inputs.add_options()("exclude", po::value<Strings>()->value_name("GLOB"),
                       "not files and folders that match; may be repeated");
  return inputs;
}

void set_inputs(const po::variables_map& values, RunOptions& options) {
  const auto& inputs = values["input"].as<Strings>();
  if (std::count(inputs.begin(), inputs.end(), "-") > 1) {
    throw Error(ErrorCode::usage, "stdin (-) can be read only once, but is named more often");
  }
  for (const std::string& input : inputs) {
    if (input == "-") {
      const auto list = read_input_list(std::cin);
      options.inputs.insert(options.inputs.end(), list.begin(), list.end());
    } else {
      options.inputs.emplace_back(input);
    }
  }
  if (values.count("include") != 0) options.include = values["include"].as<Strings>();
  // Added to those of a pipeline file.
  if (values.count("exclude") != 0) {
    const auto& globs = values["exclude"].as<Strings>();
    options.exclude.insert(options.exclude.end(), globs.begin(), globs.end());
  }
}

po::options_description work_options() {
  const RunOptions run;
  po::options_description work("Work");
  work.add_options()("batch", po::value<int>()->value_name("N")->default_value(run.batch),
                     "images that go through the network together");
  work.add_options()("threads", po::value<int>()->value_name("N")->default_value(run.threads),
                     "batches that go through the network at once (0: one per processor)");
  work.add_options()("loaders", po::value<int>()->value_name("N")->default_value(run.loaders),
                     "threads that read and decode (0: one per processor)");
  work.add_options()(
      "max-pixels",
      po::value<std::int64_t>()->value_name("N")->default_value(static_cast<std::int64_t>(run.max_pixels)),
      "larger images are refused before they are decoded");
  return work;
}

void set_work(const po::variables_map& values, RunOptions& options) {
  options.batch = values["batch"].as<int>();
  options.threads = values["threads"].as<int>();
  options.loaders = values["loaders"].as<int>();
  options.max_pixels = not_negative(values, "max-pixels");
}

po::options_description resume_options(const std::string& planned) {
  po::options_description options("Going on");
  options.add_options()("no-resume", po::bool_switch(), "start over: forget the records in the output");
  options.add_options()("retry-failed", po::bool_switch(), "try inputs again that failed before");
  const std::string dry_run = "write nothing, list what would be done on stdout: " + planned + ", frame, input";
  options.add_options()("dry-run", po::bool_switch(), dry_run.c_str());
  return options;
}

void set_resume(const po::variables_map& values, RunOptions& options) {
  options.resume = !values["no-resume"].as<bool>();
  options.retry_failed = values["retry-failed"].as<bool>();
  options.dry_run = values["dry-run"].as<bool>();
  if (options.retry_failed && !options.resume) {
    throw Error(ErrorCode::usage, "--retry-failed and --no-resume exclude each other: starting over tries everything");
  }
}

std::uint64_t not_negative(const po::variables_map& values, const char* name) {
  const auto value = values[name].as<std::int64_t>();
  if (value < 0) {
    throw Error(ErrorCode::usage, "--" + std::string(name) + " = " + std::to_string(value) + ": expected at least 0");
  }
  return static_cast<std::uint64_t>(value);
}

}  // namespace fovea::cli
