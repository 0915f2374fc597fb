#include "cli/search_options.hpp"

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
    if (!values[name].defaulted()) throw Error(ErrorCode::usage, "--" + std::string(name) + " needs --sample");
  }
}

}  // namespace

po::options_description search_options() {
  const CaptionRunOptions run;
  const CaptionOptions& caption = run.caption;
  po::options_description model("Model and search");
  model.add_options()("model", po::value<std::string>()->value_name("MODEL")->default_value(run.model.native()),
                      "folder, or name of a shipped model");
  add_precision_option(model);
  model.add_options()("beam", po::value<int>()->value_name("N")->default_value(caption.beam),
                      "hypotheses kept per image; 1 is greedy search");
  model.add_options()("top", po::value<int>()->value_name("N")->default_value(caption.top), "captions per image");
  model.add_options()("max-length", po::value<int>()->value_name("N")->default_value(caption.max_length),
                      "words at most");
  model.add_options()("min-length", po::value<int>()->value_name("N")->default_value(caption.min_length),
                      "words at least");
  model.add_options()("length-penalty", po::value<double>()->value_name("X")->default_value(caption.length_penalty),
                      "rank by log-probability / length^X");
  model.add_options()("no-repeat-ngram", po::value<int>()->value_name("N")->default_value(caption.no_repeat_ngram),
                      "no N words in a row occur twice (0: off)");
  model.add_options()("sample", po::bool_switch(), "draw words at random instead of searching");
  model.add_options()("temperature", po::value<double>()->value_name("X")->default_value(caption.temperature),
                      "with --sample: above 1 more varied, below 1 less");
  model.add_options()("top-k", po::value<int>()->value_name("N")->default_value(caption.top_k),
                      "with --sample: only the N most likely words (0: all)");
  model.add_options()("top-p", po::value<double>()->value_name("X")->default_value(caption.top_p),
                      "with --sample: only the likeliest words that together reach X");
  model.add_options()("seed", po::value<std::int64_t>()->value_name("N")->default_value(0),
                      "with --sample: same seed, same captions");
  return model;
}

CaptionOptions parse_search_options(const po::variables_map& values) {
  check_sampling_options(values);
  CaptionOptions caption;
  caption.sample = values["sample"].as<bool>();
  caption.beam = caption.sample && values["beam"].defaulted() ? 1 : values["beam"].as<int>();
  caption.top = values["top"].as<int>();
  caption.max_length = values["max-length"].as<int>();
  caption.min_length = values["min-length"].as<int>();
  caption.length_penalty = values["length-penalty"].as<double>();
  caption.no_repeat_ngram = values["no-repeat-ngram"].as<int>();
  caption.temperature = values["temperature"].as<double>();
  caption.top_k = values["top-k"].as<int>();
  caption.top_p = values["top-p"].as<double>();
  caption.seed = not_negative(values, "seed");
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
