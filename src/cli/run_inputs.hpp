/// @file Options that all commands share which run over a set of inputs.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.hpp"
#include "fovea/run.hpp"

namespace fovea::cli {

/// --include, --exclude; the command has the argument "input" too.
po::options_description input_options();
/// Reads "-" from stdin.
void set_inputs(const po::variables_map& values, RunOptions& options);

/// --batch, --threads, --loaders, --max-pixels.
po::options_description work_options();
void set_work(const po::variables_map& values, RunOptions& options);

/// --no-resume, --retry-failed, --dry-run.
/// @param planned what a dry run lists: "to-caption"
po::options_description resume_options(const std::string& planned);
/// @throws Error: usage when they exclude each other.
void set_resume(const po::variables_map& values, RunOptions& options);

/// The value of an int64 option.
/// @throws Error: usage when it is negative.
std::uint64_t not_negative(const po::variables_map& values, const char* name);

}  // namespace fovea::cli
