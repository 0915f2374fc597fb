/// @file How DICOM images are shown: options of the commands that read scans.
#pragma once

#include "cli/command.hpp"
#include "fovea/dicom.hpp"

namespace fovea::cli {

/// Adds --window and --window-index.
void add_display_options(po::options_description& options);

/// @throws Error: usage when they exclude each other or have another form.
DisplayOptions parse_display_options(const po::variables_map& values);

}  // namespace fovea::cli
