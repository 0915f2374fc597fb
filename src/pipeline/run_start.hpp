/// @file What every run checks before it starts, and how it ends when there is nothing to do.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "fovea/run.hpp"
#include "pipeline/input_list.hpp"
#include "pipeline/stopwatch.hpp"

namespace fovea::pipeline {

/// Threads for a setting of which 0 means one per processor.
int thread_count(int setting);

/// A typing mistake should not leave an output that holds nothing but an error.
/// @throws Error: io when no input is there.
void check_some_input_exists(const std::vector<std::filesystem::path>& inputs);

/// What the options of all runs must keep.
/// @throws Error: usage, naming the field and the value.
void check_run_options(const RunOptions& options);

/// For one field. @throws Error: usage.
[[noreturn]] void refuse_option(const std::string& field, const std::string& value, const std::string& expected);

/// The summary of a run that did not come to any item.
RunSummary ended_before_items(const InputList& inputs, const std::stop_token& stop);

/// Fills in what is known when the last item is behind us.
/// @param failure why an output could not be written any more; empty: nothing did
void close_summary(RunSummary& summary, const StageSeconds& stages, const std::string& failure,
                   const std::stop_token& stop, const Stopwatch& watch);

}  // namespace fovea::pipeline
