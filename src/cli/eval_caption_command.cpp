#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/search_options.hpp"
#include "fovea/error.hpp"
#include "fovea/run.hpp"
#include "fovea/train.hpp"

namespace fovea::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDetails =
    R"(Scores are those of pycocoevalcap: tokens of the Penn Treebank tokenizer, CIDEr with the document frequencies of
these references. Metrics go to the file as JSON and, without one, to stdout.
)";

po::options_description options() {
  po::options_description data("Data");
  data.add_options()("data", po::value<std::string>()->value_name("FILE")->required(),
                     "JSONL of {\"image\", \"captions\"}");
  data.add_options()("output,o", po::value<std::string>()->value_name("FILE"), "metrics (JSON); default: stdout");
  data.add_options()("batch", po::value<int>()->value_name("N")->default_value(EvalCaptionOptions{}.batch),
                     "images that go through the network together");
  data.add_options()("threads", po::value<int>()->value_name("N")->default_value(0), "0: one per core");
  data.add_options()("quiet,q", po::bool_switch(), "no progress");
  po::options_description all;
  all.add(data).add(search_options());
  return all;
}

Json to_json(const CaptionEvaluation& e, const EvalCaptionOptions& options) {
  Json json{{"model", options.model.string()}, {"data", options.data.string()}, {"images", e.images}};
  for (std::size_t n = 0; n < e.scores.bleu.size(); ++n) json["BLEU-" + std::to_string(n + 1)] = e.scores.bleu[n];
  json["ROUGE-L"] = e.scores.rouge_l;
  json["CIDEr"] = e.scores.cider;
  json["mean_words"] = e.mean_words;
  json["open_endings"] = e.open_endings;
  json["distinct_captions"] = e.distinct_captions;
  json["unfinished"] = e.unfinished;
  json["vocabulary_used"] = e.vocabulary_used;
  json["options"] = {{"beam", e.options.beam},
                     {"max_length", e.options.max_length},
                     {"min_length", e.options.min_length},
                     {"length_penalty", e.options.length_penalty},
                     {"no_repeat_ngram", e.options.no_repeat_ngram},
                     {"sample", e.options.sample},
                     {"precision", options.precision == Precision::bf16 ? "bf16" : "fp32"}};
  return json;
}

int run(const po::variables_map& values) {
  const Interrupt interrupt;
  const EvalCaptionOptions options{.model = find_model(values["model"].as<std::string>()),
                                   .data = values["data"].as<std::string>(),
                                   .caption = parse_search_options(values),
                                   .precision = parse_precision(values),
                                   .batch = values["batch"].as<int>()};
  if (const int threads = values["threads"].as<int>(); threads > 0) set_num_threads(threads);
  const bool show = !values["quiet"].as<bool>() && ::isatty(STDERR_FILENO) != 0;
  const auto evaluation = evaluate_caption(
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

Command eval_caption_command() {
  return {.name = "eval caption",
          .summary = "Scores a captioning model on a data set.",
          .arguments = "--model MODEL --data FILE [-o FILE] [options]",
          .details = kDetails,
          .positional = {},
          .options = options,
          .run = run};
}

}  // namespace fovea::cli
