#include <sstream>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/display_options.hpp"
#include "cli/run_inputs.hpp"
#include "cli/run_reporter.hpp"
#include "cli/search_options.hpp"
#include "fovea/highlight_run.hpp"

namespace fovea::cli {
namespace {

constexpr std::string_view kDetails =
    R"(Inputs are files and folders, DICOM and other images; a folder is read with all below it. "-" reads a list of
inputs from stdin, one a line (or separated by NUL).

OUT mirrors the inputs: OUT/PATH/, of a file with several frames OUT/PATH/frame-0001/ and so on, with findings.json and
the other outputs (docs/medical.md); OUT/findings.jsonl and findings.csv have all findings; a folder "series" has what
is made of DICOM series. The same command again goes on where a run ended, however it ended. Ctrl-C ends after the batch
that is being looked at; a second one at once.

Fovea is for research. It is no medical device, and nothing here is meant for diagnosis.
)";

constexpr const char* kUsualOutputs = "heat_map_png,heat_map_npy,mask,overlay,montage,volume,table";

po::options_description options() {
  const HighlightRunOptions run;
  po::options_description outputs("Outputs");
  outputs.add_options()("output,o", po::value<std::string>()->value_name("OUT")->required(), "folder");
  outputs.add_options()("outputs", po::value<std::string>()->value_name("LIST")->default_value(kUsualOutputs, "all"),
                        "what is written beside findings.json and findings.jsonl, separated by commas: heat_map_png, "
                        "heat_map_npy, mask, overlay, montage, volume, table (these are all); also attention");
  outputs.add_options()("dicom", po::value<std::string>()->value_name("LIST"),
                        "DICOM objects of DICOM inputs: sc, seg, seg_fractional, pm, sr, gsps, separated by commas");
  outputs.add_options()("deidentify", po::bool_switch(),
                        "without patient data: DICOM objects de-identified, paths and UIDs replaced by hashes");
  outputs.add_options()("colormap", po::value<std::string>()->value_name("NAME")->default_value(run.colormap),
                        "colours of overlays");
  outputs.add_options()("opacity", po::value<double>()->value_name("X")->default_value(run.opacity),
                        "of colours where the probability is 1");

  po::options_description model("Model");
  model.add_options()("model", po::value<std::string>()->value_name("MODEL")->default_value("", "none"),
                      "folder, or name of a shipped model; without it, the list of these");
  add_precision_option(model);
  model.add_options()("threshold", po::value<double>()->value_name("P"),
                      "mark what is at least so probable (default: the model's own)");
  model.add_options()("label", po::value<std::string>()->value_name("NAME")->default_value("", "the likeliest one"),
                      "of a classifier: the label for which the heat map shows where the model looked");
  model.add_options()("min-region",
                      po::value<double>()->value_name("X")->default_value(
                          run.highlight.min_region, (std::ostringstream() << run.highlight.min_region).str()),
                      "leave out regions that are a smaller share of the image");
  model.add_options()("flip", po::bool_switch(), "look at the mirrored image too: twice the work, a little better");
  model.add_options()("no-caption", po::bool_switch(), "say nothing in words");

  po::options_description display("Display of DICOM images");
  add_display_options(display);

  po::options_description all;
  all.add(input_options()).add(outputs).add(model).add(display).add(work_options());
  all.add(resume_options("to-highlight or to-retry")).add(report_options());
  return all;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream stream(list);
  for (std::string name; std::getline(stream, name, ',');) names.push_back(name);
  return names;
}

int run(const po::variables_map& values) {
  HighlightRunOptions options;
  set_inputs(values, options);
  set_resume(values, options);
  set_work(values, options);
  options.model = values["model"].as<std::string>();
  options.open.precision = parse_precision(values);
  if (values.count("threshold") != 0) options.highlight.threshold = values["threshold"].as<double>();
  options.highlight.min_region = values["min-region"].as<double>();
  options.highlight.label = values["label"].as<std::string>();
  options.highlight.flip = values["flip"].as<bool>();
  options.highlight.caption = !values["no-caption"].as<bool>();
  options.display = parse_display_options(values);
  options.output = values["output"].as<std::string>();
  options.outputs = parse_highlight_outputs(split(values["outputs"].as<std::string>()));
  if (values.count("dicom") != 0) options.dicom = parse_dicom_outputs(split(values["dicom"].as<std::string>()));
  options.deidentify = values["deidentify"].as<bool>();
  options.colormap = values["colormap"].as<std::string>();
  options.opacity = values["opacity"].as<double>();
  return run_and_report(options, values, [&](const RunObserver& observer, const std::stop_token& stop) {
    return run_highlights(options, observer, stop);
  });
}

}  // namespace

Command highlight_command() {
  return {.name = "highlight",
          .summary = "Marks what is abnormal in scans and folders of scans.",
          .arguments = "SCAN... -o OUT --model MODEL [options]",
          .details = kDetails,
          .positional = {{"input", true}},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
