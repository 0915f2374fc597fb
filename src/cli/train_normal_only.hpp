/// @file `fovea train highlight --normal-only`.
#pragma once

#include "cli/command.hpp"

namespace fovea::cli {

/// Runs it with the values of the command's options. @returns an ExitCode
int run_train_normal_only(const po::variables_map& values);

}  // namespace fovea::cli
