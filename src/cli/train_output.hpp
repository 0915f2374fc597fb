/// @file What the training commands have in common.
#pragma once

#include <string>

#include "cli/command.hpp"

namespace fovea::cli {

/// The value of an option; empty when it was not given.
std::string text_of(const po::variables_map& values, const char* name);

/// "0:12 h left"
std::string clock_text(double seconds);

/// A step of training frees and takes again some hundred megabytes: kept by the process, not given back each time.
void keep_freed_memory();

}  // namespace fovea::cli
