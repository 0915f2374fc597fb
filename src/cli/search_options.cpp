#include "cli/search_options.hpp"

#include <optional>
#include <sstream>
#include <string>

#include "cli/run_inputs.hpp"
#include "fovea/caption_run.hpp"
#include "fovea/error.hpp"

namespace fovea::cli {
namespace {

/// An option that only makes sense with --sample.
void check_sampling_options(const po::variables_map& values) {
  if (values["sample"].as<bool>()) return;
  for (const char* name : {"temperature", "top-k", "top-p", "seed"}) {
    if (values.count(name) != 0) throw Error(ErrorCode::usage, "--" + std::string(name) + " needs --sample");
  }
}

}  // namespace

po::options_description search_options() {
  const CaptionRunOptions run;
  const CaptionOptions ours;  // of Fovea's own models
  const auto usually = [](auto value) {
    std::ostringstream text;
    text << " (default: " << value << ", or what the model's generation_config.json says)";
    return text.str();
  };
  const auto integer = [] { return po::value<int>()->value_name("N"); };
  const auto number = [] { return po::value<double>()->value_name("X"); };
  po::options_description model("Model and search");
  model.add_options()("model", po::value<std::string>()->value_name("MODEL")->default_value(run.model.native()),
                      "folder, or name of a shipped model");
  add_precision_option(model);
  model.add_options()("prompt", po::value<std::string>()->value_name("TEXT"),
                      "captions go on from this text; for models that take one (BLIP, GIT)");
  model.add_options()("beam", integer(),
                      ("hypotheses kept per image; 1 is greedy search" + usually(ours.beam)).c_str());
  model.add_options()("top", integer(), "captions per image (default: 1)");
  model.add_options()("max-length", integer(),
                      ("words at most, tokens of models of other libraries" + usually(ours.max_length)).c_str());
  model.add_options()("min-length", integer(), ("words at least" + usually(ours.min_length)).c_str());
  model.add_options()("length-penalty", number(),
                      ("rank by log-probability / length^X" + usually(ours.length_penalty)).c_str());
  model.add_options()("no-repeat-ngram", integer(),
                      ("no N words in a row occur twice, 0: off" + usually(ours.no_repeat_ngram)).c_str());
  model.add_options()("sample", po::bool_switch(), "draw words at random instead of searching");
  model.add_options()("temperature", number(), "with --sample: above 1 more varied, below 1 less");
  model.add_options()("top-k", integer(), "with --sample: only the N most likely words (0: all)");
  model.add_options()("top-p", number(), "with --sample: only the likeliest words that together reach X");
  model.add_options()("seed", po::value<std::int64_t>()->value_name("N"),
                      "with --sample: same seed, same captions (default: 0)");
  return model;
}

CaptionChoices parse_search_options(const po::variables_map& values) {
  check_sampling_options(values);
  CaptionChoices caption;
  const auto set = [&]<typename T>(const char* name, std::optional<T>& choice) {
    if (values.count(name) != 0) choice = values[name].as<T>();
  };
  set("beam", caption.beam);
  set("top", caption.top);
  set("max-length", caption.max_length);
  set("min-length", caption.min_length);
  set("length-penalty", caption.length_penalty);
  set("no-repeat-ngram", caption.no_repeat_ngram);
  if (values["sample"].as<bool>()) caption.sample = true;
  set("temperature", caption.temperature);
  set("top-k", caption.top_k);
  set("top-p", caption.top_p);
  if (values.count("seed") != 0) caption.seed = not_negative(values, "seed");
  if (values.count("prompt") != 0) caption.prompt = values["prompt"].as<std::string>();
  return caption;
}

void add_precision_option(po::options_description& options) {
  options.add_options()("precision", po::value<std::string>()->value_name("{fp32|bf16}")->default_value("fp32"),
                        "arithmetic; bf16 is faster where the processor has it, and may change a result");
}

Precision parse_precision(const po::variables_map& values) {
  return values["precision"].as<std::string>() == "bf16" ? Precision::bf16 : Precision::fp32;
}

}  // namespace fovea::cli
