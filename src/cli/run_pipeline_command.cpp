#include <string>

#include "cli/commands.hpp"
#include "cli/run_inputs.hpp"
#include "cli/run_reporter.hpp"
#include "fovea/caption_run.hpp"
#include "fovea/highlight_run.hpp"

namespace fovea::cli {
namespace {

constexpr std::string_view kDetails =
    R"(PIPELINE is a JSON file that says which model is run and how, and what is written
(docs/captions.md, docs/medical.md). OUT is the folder that gets captions.jsonl or findings.jsonl
and all other outputs; when it ends in .jsonl, it is the captions file, and all other outputs of
captions go beside it. Runs go on where they ended, as with fovea caption and fovea highlight.
)";

po::options_description options() {
  po::options_description outputs("Outputs");
  outputs.add_options()("output,o", po::value<std::string>()->value_name("OUT")->required(),
                        "folder for the outputs, or captions file");
  po::options_description all;
  all.add(input_options())
      .add(outputs)
      .add(resume_options("to-caption, to-highlight or to-retry"))
      .add(report_options());
  return all;
}

template <typename Options, typename Run>
int run_described(const po::variables_map& values, Options options, const Run& run) {
  set_inputs(values, options);
  set_resume(values, options);
  return run_and_report(options, values, [&](const RunObserver& observer, const std::stop_token& stop) {
    return run(options, observer, stop);
  });
}

int run(const po::variables_map& values) {
  const std::string pipeline = values["pipeline"].as<std::string>();
  const std::string output = values["output"].as<std::string>();
  switch (read_pipeline_kind(pipeline)) {
    case PipelineKind::caption:
      return run_described(values, read_caption_pipeline(pipeline, output), run_captions);
    case PipelineKind::highlight:
      return run_described(values, read_highlight_pipeline(pipeline, output), run_highlights);
  }
  return kUsage;
}

}  // namespace

Command run_pipeline_command() {
  return {.name = "run",
          .summary = "Runs a described job, such as pipelines/caption-photos.json.",
          .arguments = "PIPELINE.json INPUT... -o OUT [options]",
          .details = kDetails,
          .positional = {{"pipeline"}, {"input", true}},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
