/// @file Options that all commands share which caption a set of inputs.
#pragma once

#include <cstdint>

#include "cli/command.hpp"
#include "fovea/caption_run.hpp"

namespace fovea::cli {

/// --include, --exclude; the command has the argument "input" too.
po::options_description input_options();
/// Reads "-" from stdin.
void set_inputs(const po::variables_map& values, CaptionRunOptions& options);

/// --no-resume, --retry-failed, --dry-run.
po::options_description resume_options();
/// @throws Error: usage when they exclude each other.
void set_resume(const po::variables_map& values, CaptionRunOptions& options);

/// The value of an int64 option.
/// @throws Error: usage when it is negative.
std::uint64_t not_negative(const po::variables_map& values, const char* name);

}  // namespace fovea::cli
