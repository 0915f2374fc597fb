#include "fovea/caption_run.hpp"
#include "pipeline/run_start.hpp"

namespace fovea {

void validate(const CaptionRunOptions& options) {
  pipeline::check_run_options(options);
  if (options.output.empty()) pipeline::refuse_option("output", "\"\"", "a file such as captions.jsonl");
  if (options.csv && options.output.extension() == ".csv") {
    pipeline::refuse_option("output", options.output.native(), "another extension than that of the csv file beside it");
  }
  if (options.model.empty()) pipeline::refuse_option("model", "\"\"", "a folder or the name of a shipped model");
  validate_choices(options.caption);
}

}  // namespace fovea
