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

void set_inputs(const po::variables_map& values, CaptionRunOptions& options) {
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

po::options_description resume_options() {
  po::options_description options("Going on");
  options.add_options()("no-resume", po::bool_switch(), "start over: forget the records in the output");
  options.add_options()("retry-failed", po::bool_switch(), "try inputs again that failed before");
  options.add_options()("dry-run", po::bool_switch(),
                        "write nothing, list what would be captioned on stdout: to-caption or to-retry, frame, input");
  return options;
}

void set_resume(const po::variables_map& values, CaptionRunOptions& options) {
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
