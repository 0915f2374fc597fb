#include "cli/commands.hpp"

#include "cli/command.hpp"

namespace fovea::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> table{
      caption_command(),         highlight_command(),    run_pipeline_command(),   train_caption_command(),
      train_highlight_command(), eval_caption_command(), eval_highlight_command(), average_command(),
      convert_command(),         import_command(),       info_command(),           completion_command(),
  };
  return table;
}

}  // namespace fovea::cli
