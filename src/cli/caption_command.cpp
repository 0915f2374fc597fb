#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/run_inputs.hpp"
#include "cli/run_reporter.hpp"
#include "cli/search_options.hpp"
#include "fovea/caption_run.hpp"
#include "fovea/error.hpp"

namespace fovea::cli {
namespace {

constexpr std::string_view kDetails =
    R"(Inputs are files and folders; a folder is read with all below it, in the byte order of paths, without
hidden files. "-" reads a list of inputs from stdin, one a line (or separated by NUL).

OUTPUT gets one JSON object per image (docs/captions.md), appended as soon as it is known. The same
command again goes on where a run ended, however it ended: an image is done when its path, content,
model and options are the same. Ctrl-C ends after the batch that is being captioned; a second one
at once.
)";

po::options_description options() {
  po::options_description outputs("Outputs");
  outputs.add_options()("output,o", po::value<std::string>()->value_name("FILE")->required(), "captions file (JSONL)");
  outputs.add_options()("format", po::value<std::vector<std::string>>()->value_name("{csv|coco}"),
                        "also write this format beside it; may be given twice");
  outputs.add_options()("sidecar", po::value<std::string>()->value_name("{txt|none}")->default_value("none"),
                        "txt: also photo.txt beside each photo.jpg, replacing one that is there");
  outputs.add_options()("attention", po::value<std::string>()->value_name("DIR"),
                        "also a PNG per image: where the model looked for each word");
  outputs.add_options()("report", po::value<std::string>()->value_name("DIR"), "also a gallery for a web browser");

  po::options_description work = work_options();
  work.add_options()("full-decoding", po::bool_switch(),
                     "decode large JPEGs at full size, not at 1/2, 1/4 or 1/8 of it");

  po::options_description all;
  all.add(input_options())
      .add(outputs)
      .add(search_options())
      .add(work)
      .add(resume_options("to-caption or to-retry"))
      .add(report_options());
  return all;
}

int run(const po::variables_map& values) {
  CaptionRunOptions options;
  set_inputs(values, options);
  set_resume(values, options);
  set_work(values, options);
  options.model = values["model"].as<std::string>();
  options.open.precision = parse_precision(values);
  options.caption = parse_search_options(values);
  options.output = values["output"].as<std::string>();
  if (values.count("format") != 0) {
    const auto& formats = values["format"].as<std::vector<std::string>>();
    options.csv = std::count(formats.begin(), formats.end(), "csv") > 0;
    options.coco = std::count(formats.begin(), formats.end(), "coco") > 0;
  }
  options.sidecar = values["sidecar"].as<std::string>() == "txt";
  if (values.count("attention") != 0) options.attention = values["attention"].as<std::string>();
  if (values.count("report") != 0) options.report = values["report"].as<std::string>();
  options.scaled_decoding = !values["full-decoding"].as<bool>();
  return run_and_report(options, values, [&](const RunObserver& observer, const std::stop_token& stop) {
    return run_captions(options, observer, stop);
  });
}

}  // namespace

Command caption_command() {
  return {.name = "caption",
          .summary = "Writes captions for photos and folders of photos.",
          .arguments = "INPUT... -o FILE [options]",
          .details = kDetails,
          .positional = {{"input", true}},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
