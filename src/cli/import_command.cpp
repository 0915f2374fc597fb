#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include "cli/commands.hpp"
#include "fovea/error.hpp"
#include "fovea/import.hpp"

namespace fovea::cli {
namespace {

constexpr std::string_view kDetails =
    R"(SRC is a model's folder (config.json and weights), or a file of weights (.safetensors, .pth, .pt, .bin) with what it
belongs to: --architecture torchvision/resnet50, --architecture timm/vit_base_patch16_224. Nothing in it is run.

DIR gets config.json, one model.safetensors without what nothing needs, tokenizer and preprocessing files, and
import-report.txt, which says for every tensor of SRC what became of it. Fovea opens folders of the families that it knows
(docs/models.md) without an import, too.
)";

po::options_description options() {
  po::options_description options("Options");
  options.add_options()("output,o", po::value<std::string>()->value_name("DIR")->required(),
                        "folder that is made; it must not be there");
  options.add_options()("architecture", po::value<std::string>()->value_name("NAME")->default_value("", "none"),
                        "of a file of weights: torchvision/NAME or timm/NAME");
  options.add_options()("labels", po::value<std::string>()->value_name("FILE"),
                        "with --architecture: names of the classifier's labels, one a line");
  options.add_options()("float16", po::bool_switch(), "store weights in float16: half the size of float32");
  return options;
}

std::vector<std::string> read_labels(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorCode::io, "cannot read " + path);
  std::vector<std::string> labels;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    labels.push_back(line);
  }
  return labels;
}

int run(const po::variables_map& values) {
  ImportOptions options;
  options.source = values["source"].as<std::string>();
  options.output = values["output"].as<std::string>();
  options.architecture = values["architecture"].as<std::string>();
  if (values.count("labels") != 0) options.labels = read_labels(values["labels"].as<std::string>());
  options.float16 = values["float16"].as<bool>();
  const auto report = import_model(options);
  std::map<std::string, int> fates;
  for (const auto& tensor : report.tensors) ++fates[tensor.fate];
  std::cout << "model: " << options.output.string() << "\narchitecture: " << report.model.architecture
            << "\nparameters: " << report.model.parameters << "\nlabels: " << report.model.labels.size()
            << "\ntensors:";
  for (const auto& [fate, count] : fates) std::cout << ' ' << count << ' ' << fate;
  std::cout << "\nfiles:";
  for (const auto& file : report.files) std::cout << ' ' << file;
  std::cout << '\n';
  return kAllDone;
}

}  // namespace

Command import_command() {
  return {.name = "import",
          .summary = "Brings a model of another library into a folder of Fovea's layout.",
          .arguments = "SRC -o DIR [--architecture NAME] [options]",
          .details = kDetails,
          .positional = {{"source"}},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
