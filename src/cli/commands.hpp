/// @file The commands; each has a file of its own.
#pragma once

#include "cli/command.hpp"

namespace fovea::cli {

Command caption_command();
Command highlight_command();
Command run_pipeline_command();
Command train_caption_command();
Command train_highlight_command();
Command eval_caption_command();
Command eval_highlight_command();
Command average_command();
Command convert_command();
Command import_command();
Command info_command();
Command completion_command();

}  // namespace fovea::cli
