#include <unistd.h>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/search_options.hpp"
#include "fovea/caption_run.hpp"
#include "fovea/error.hpp"
#include "fovea/train.hpp"

namespace fovea::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDetails =
    R"(Dice and IoU are means over the images with a lesion at the model's stored threshold, on the grid of the stored
masks. Every figure has its 95% bootstrap interval, in which the images of a group count together. With N models, model
k judges part k of N of the data, as 'fovea train highlight --fold k/N' kept it from its training.
)";

po::options_description options() {
  const auto list = [] { return po::value<std::vector<std::string>>()->composing()->required(); };
  po::options_description options("Options");
  options.add_options()("model", list()->value_name("MODEL"),
                        "folder or name of a shipped model; several for a cross-validation");
  options.add_options()("data", list()->value_name("FILE"),
                        "JSONL of {\"image\", \"mask\", \"label\", \"group\"}; may be given several times");
  options.add_options()("flip", po::bool_switch(), "also look at the mirrored images and take the mean");
  options.add_options()("without-annotations", po::bool_switch(), "paint calipers and letters over first");
  options.add_options()("precision", po::value<std::string>()->value_name("{fp32|bf16}")->default_value("fp32"),
                        "arithmetic of the network");
  options.add_options()("output,o", po::value<std::string>()->value_name("FILE"), "figures (JSON); default: stdout");
  options.add_options()("batch", po::value<int>()->value_name("N")->default_value(EvalHighlightOptions{}.batch),
                        "images that go through the network together");
  options.add_options()("threads", po::value<int>()->value_name("N")->default_value(0), "0: one per core");
  options.add_options()("quiet,q", po::bool_switch(), "no progress");
  return options;
}

Json to_json(const HighlightEvaluation& evaluation, const EvalHighlightOptions& options) {
  Json models = Json::array(), data = Json::array();
  for (const auto& model : options.models) models.push_back(model.string());
  for (const auto& file : options.data) data.push_back(file.string());
  Json json{{"models", models},
            {"data", data},
            {"flip", options.flip},
            {"without_annotations", options.without_annotations},
            {"precision", options.precision == Precision::bf16 ? "bf16" : "fp32"},
            {"images", evaluation.images},
            {"lesion_images", evaluation.lesion_images}};
  for (const auto& figure : evaluation.figures) {
    json["figures"][figure.name] = {{"value", figure.interval.value},
                                    {"low", figure.interval.low},
                                    {"high", figure.interval.high},
                                    {"images", figure.images}};
  }
  return json;
}

int run(const po::variables_map& values) {
  const Interrupt interrupt;
  EvalHighlightOptions options;
  options.flip = values["flip"].as<bool>();
  options.without_annotations = values["without-annotations"].as<bool>();
  options.precision = parse_precision(values);
  options.batch = values["batch"].as<int>();
  for (const auto& model : values["model"].as<std::vector<std::string>>()) options.models.push_back(find_model(model));
  for (const auto& file : values["data"].as<std::vector<std::string>>()) options.data.emplace_back(file);
  if (options.batch < 1) throw Error(ErrorCode::usage, "--batch is below 1");
  if (const int threads = values["threads"].as<int>(); threads > 0) set_num_threads(threads);
  const bool show = !values["quiet"].as<bool>() && ::isatty(STDERR_FILENO) != 0;
  const auto evaluation = evaluate_highlight(
      options,
      [&](int done, int total) {
        if (show)
          std::cerr << "\r\x1b[K" << done << " of " << total << " images" << (done == total ? "\r\x1b[K" : "")
                    << std::flush;
      },
      interrupt.token());
  const auto text = to_json(evaluation, options).dump(2) + "\n";
  if (values.count("output") == 0) {
    std::cout << text;
    return kAllDone;
  }
  const auto path = values["output"].as<std::string>();
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw Error(ErrorCode::io, "cannot write " + path);
  return kAllDone;
}

}  // namespace

Command eval_highlight_command() {
  return {.name = "eval highlight",
          .summary = "Scores a highlighting model on a data set.",
          .arguments = "--model MODEL... --data FILE... [-o FILE] [options]",
          .details = kDetails,
          .positional = {},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
